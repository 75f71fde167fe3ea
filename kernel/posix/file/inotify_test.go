package file

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// notices are an inotify instance and what it was told on a system.
type notices struct {
	s       *system
	fd      uintptr
	cookies map[uint32]int // in the order in which they came
}

func (s *system) notices() *notices {
	fd, e := s.call(syscall.SYS_INOTIFY_INIT1, syscall.O_NONBLOCK, 0, 0, 0, 0, nil, nil, nil, nil)
	if e != 0 {
		panic(e)
	}
	return &notices{s, fd, map[uint32]int{}}
}

func (n *notices) watch(path string, mask uint32) string {
	return n.s.plain(syscall.SYS_INOTIFY_ADD_WATCH, n.fd, 0, uintptr(mask), 0, 0, nil, cstr(path), nil, nil)
}

// read returns the events since the last one. Which of a call's comes first differs between
// releases of Linux.
func (n *notices) read() string {
	var events []string
	b := make([]byte, 1<<16)
	r, e := n.s.call(syscall.SYS_READ, n.fd, 0, uintptr(len(b)), 0, 0, nil, unsafe.Pointer(&b[0]), nil, nil)
	if e != 0 {
		return e.Error()
	}
	for b = b[:r]; len(b) > 0; {
		head := (*[4]uint32)(unsafe.Pointer(&b[0]))
		name := strings.TrimRight(string(b[16:16+head[3]]), "\x00")
		if _, ok := n.cookies[head[2]]; !ok {
			n.cookies[head[2]] = len(n.cookies)
		}
		events = append(events, strconv.Itoa(int(head[0]))+":"+strconv.FormatUint(uint64(head[1]), 16)+":"+
			strconv.Itoa(n.cookies[head[2]])+":"+name+"/"+strconv.Itoa(int(head[3])))
		b = b[16+head[3]:]
	}
	slices.Sort(events)
	return strings.Join(slices.Compact(events), " ")
}

// TestInotifyLikeLinux makes the same calls on Linux and here, and compares what is told of them.
func TestInotifyLikeLinux(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 2))
		h, g := world(t)
		told := [2]*notices{h.notices(), g.notices()}
		var log []string
		for step := range 60 {
			o := random1(r.IntN)
			switch o.kind {
			case "link", "mknod": // of two names in a folder the last is told; nobody hears of pipes
				continue
			}
			if strings.Contains(o.kind, "dup") || step < 3 {
				o = []operation{{kind: "mkdir", name: "d", mode: 0o755}, {kind: "open", name: "a", flags: syscall.O_CREAT | syscall.O_RDWR, mode: 0o644},
					{kind: "symlink", name: "l", to: "d"}}[step%3]
			}
			for len(h.fds) > 0 && (o.kind == "unlink" || o.kind == "rename") { // Linux tells the folder of a file that left it
				h.do(operation{kind: "close"})
				g.do(operation{kind: "close"})
			}
			want, got := h.do(o), g.do(o)
			if step%5 == 3 {
				name, mask := one(r.IntN, "a", "d", "l", ".", "none", "d/a"), one[uint32](r.IntN, 0xfff, 0xfff, 0x2c6, inMaskAdd|8, inOnlyDir|0x300, inDontFollow|0xfff, 0, inMaskCreate|0xfff)
				want += told[0].watch(h.path+"/"+name, mask)
				got += told[1].watch(g.path+"/"+name, mask)
				o.to += " watch " + name
			}
			want, got = want+" "+told[0].read(), got+" "+told[1].read()
			log = append(log, o.String()+" -> "+want[:min(len(want), 200)])
			if want != got {
				t.Fatalf("seed %d, after\n%s\nlinux: %.500q\nyolk:  %.500q", seed, strings.Join(log, "\n"), want, got)
			}
		}
		for _, n := range told {
			n.s.call(syscall.SYS_CLOSE, n.fd, 0, 0, 0, 0, nil, nil, nil, nil)
			n.s.end()
		}
		if len(watching.inodes)+len(watching.folders)+watching.watches != 0 {
			t.Fatalf("left behind: %d, %d, %d", len(watching.inodes), len(watching.folders), watching.watches)
		}
	}
}

// TestInotifyQueue: a reader waits, asks how much there is, is told of a short buffer, and
// of what was lost.
func TestInotifyQueue(t *testing.T) {
	_, g := world(t)
	defer g.end()
	n := g.notices()
	defer g.call(syscall.SYS_CLOSE, n.fd, 0, 0, 0, 0, nil, nil, nil, nil)
	once := g.notices()
	defer g.call(syscall.SYS_CLOSE, once.fd, 0, 0, 0, 0, nil, nil, nil, nil)
	if got := n.watch(g.path, 0xfff) + once.watch(g.path, inOneShot|0x200); got != "1;1;" {
		t.Fatal(got)
	}
	for k := range mostInotifyEvents {
		g.do(operation{kind: "mkdir", name: "d" + strconv.Itoa(k%2)})
		g.do(operation{kind: "unlink", name: "d" + strconv.Itoa(k%2), flags: atRemovedir})
	}
	if got := once.read(); got != "1:40000200:0:d0/16 1:8000:0:/0" {
		t.Errorf("told once: %s", got)
	}
	var size int32
	var short [16]byte
	g.call(syscall.SYS_IOCTL, n.fd, fionread, 0, 0, 0, nil, nil, unsafe.Pointer(&size), nil)
	if want := int32(mostInotifyEvents*32 + 16); size != want {
		t.Errorf("%d bytes, want %d", size, want)
	}
	if _, e := g.call(syscall.SYS_READ, n.fd, 0, 16, 0, 0, nil, unsafe.Pointer(&short), nil, nil); e != syscall.EINVAL {
		t.Errorf("a short buffer: %v", e)
	}
	last := ""
	for text := ""; text != syscall.EAGAIN.Error(); text = n.read() {
		last = text
	}
	if !strings.HasPrefix(last, "-1:4000:") && !strings.HasPrefix(last, "4294967295:4000:") {
		t.Errorf("the last event is %.80s", last)
	}
}
