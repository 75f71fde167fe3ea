package ramfs

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// record of a cpio archive, as text.
func entry1(name string, mode uint32, nlink, ino int, data string) string {
	hex := func(v int) string {
		s := strconv.FormatInt(int64(v), 16)
		return strings.Repeat("0", 8-len(s)) + s
	}
	h := "070701" + hex(ino) + hex(int(mode)) + hex(3) + hex(4) + hex(nlink) + hex(1234) + hex(len(data)) +
		hex(0) + hex(0) + hex(1) + hex(3) + hex(len(name)+1) + hex(0)
	pad := func(s string) string { return s + strings.Repeat("\x00", -len(s)&3) }
	return pad(h+name+"\x00") + pad(data)
}

func archive() string {
	return entry1(".", syscall.S_IFDIR|0o755, 2, 1, "") +
		entry1("etc", syscall.S_IFDIR|0o750, 2, 2, "") +
		entry1("etc/hosts", syscall.S_IFREG|0o600, 1, 3, "one\n") +
		entry1("a/b/c", syscall.S_IFREG|0o644, 2, 4, "") +
		entry1("./a/link", syscall.S_IFREG|0o644, 2, 4, "shared") +
		entry1("/a/s", syscall.S_IFLNK|0o777, 1, 5, "b/c") +
		entry1("a/null", syscall.S_IFCHR|0o666, 1, 6, "") +
		entry1("TRAILER!!!", 0, 1, 0, "") + strings.Repeat("\x00", 100)
}

func read(t testing.TB, fs *FS, name string) string {
	t.Helper()
	i, e := fs.Lookup(fs.Root(), name, true)
	if e != 0 {
		t.Fatal(name, e)
	}
	b := make([]byte, i.Size())
	i.ReadAt(b, 0)
	return string(b)
}

func TestLoadArchive(t *testing.T) {
	fs := New()
	text := archive()
	if off, e := fs.LoadArchive([]byte(text)); e != 0 {
		t.Fatal(off, e)
	}
	for name, want := range map[string]string{"etc/hosts": "one\n", "a/b/c": "shared", "a/link": "shared", "a/s": "shared"} {
		if got := read(t, fs, name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	fs.checkAccount(t)
	for i := range fs.inodes() {
		if len(i.data.chunks) != 0 {
			t.Error("content was copied")
		}
	}
	var st syscall.Stat_t
	i, _ := fs.Lookup(fs.Root(), "etc/hosts", false)
	i.Stat(&st)
	if st.Mode != syscall.S_IFREG|0o600 || st.Uid != 3 || st.Gid != 4 || st.Mtim.Sec != 1234 || st.Nlink != 1 {
		t.Errorf("%+v", st)
	}
	i, _ = fs.Lookup(fs.Root(), "a/null", false)
	if i.Rdev() != Makedev(1, 3) {
		t.Errorf("%x", i.Rdev())
	}
	// Writing copies, and leaves the archive alone.
	i, _ = fs.Lookup(fs.Root(), "a/link", false)
	i.WriteAt([]byte("W"), 2)
	if got := read(t, fs, "a/b/c"); got != "shWred" || !strings.Contains(text, "shared") {
		t.Error(got)
	}
}

func TestArchiveErrors(t *testing.T) {
	good := archive()
	for name, bad := range map[string]string{
		"cut header":  good[:50],
		"cut content": good[:len(entry1(".", 0, 1, 1, ""))+130],
		"magic":       strings.Replace(good, "070701", "070707", 1),
		"not hex":     strings.Replace(good, "0000", "00g0", 1),
		"dot dot":     entry1("../x", syscall.S_IFREG, 1, 1, ""),
		"file as dir": entry1("f", syscall.S_IFREG, 1, 1, "") + entry1("f/x", syscall.S_IFREG, 1, 2, ""),
		"long name":   entry1(strings.Repeat("n", 300), syscall.S_IFREG, 1, 1, ""),
		"type":        entry1("t", 0x3000, 1, 1, ""),
		"link":        entry1("l", syscall.S_IFLNK, 1, 1, ""),
	} {
		if _, e := New().LoadArchive([]byte(bad)); e == 0 {
			t.Errorf("%s: no error", name)
		}
	}
	for n := range len(good) { // every cut ends, and none but the whole is right
		New().LoadArchive([]byte(good[:n]))
	}
}

func FuzzLoadArchive(f *testing.F) {
	f.Add([]byte(archive()))
	f.Fuzz(func(t *testing.T, b []byte) {
		fs := New()
		fs.LoadArchive(b)
		fs.root.check(t, fs)
		fs.checkAccount(t)
	})
}

// check walks a tree and fails when counts or parents are wrong.
func (i *Inode) check(t testing.TB, fs *FS) {
	dirs := uint32(2)
	live := 0
	for k := range i.dir.entries {
		e := &i.dir.entries[k]
		if e.inode == nil {
			continue
		}
		live++
		if i.dir.find(e.name) != e.inode {
			t.Fatal("not found under its name:", e.name)
		}
		if e.inode.IsDir() {
			dirs++
			if e.inode.parent != i {
				t.Fatal("parent of", e.name)
			}
			e.inode.check(t, fs)
		}
	}
	if live != i.dir.live || i.nlink != dirs {
		t.Fatal("counts:", live, i.dir.live, i.nlink, dirs)
	}
}

// pages is memory by pages, for a test: what the kernel has for mapped files.
type pages struct {
	base []byte // what holes stand for
	made map[int64][]byte
}

func (p *pages) Page(i int64) []byte { return p.made[i] }

func (p *pages) Fill(i, n int64) int64 {
	for k := range n {
		if p.made[i+k] == nil {
			p.made[i+k] = make([]byte, blockSize)
			copy(p.made[i+k], tail(p.base, (i+k)*blockSize))
		}
	}
	return n
}

func (p *pages) Resize(size int64) bool {
	p.base = p.base[:min(int64(len(p.base)), size)]
	p.Drop((size+blockSize-1)/blockSize, 1<<40)
	return true
}

func (p *pages) Clean(int64, int64) (first, count int64, shown bool) { return 0, 0, true }

func (p *pages) Drop(i, n int64) {
	maps.DeleteFunc(p.made, func(k int64, _ []byte) bool { return k >= i && k < i+n })
}

func (p *pages) Count() int64 { return int64(len(p.made)) }
func (p *pages) Free()        { clear(p.made) }

// Content behaves as a slice of bytes does, wherever it comes from, and also once it is
// mapped into memory.
func TestContentAgainstSlice(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		fs := New()
		i := fs.NewInode(syscall.S_IFREG, 0)
		base := make([]byte, r.IntN(3*chunkSize))
		for k := range base {
			base[k] = byte(r.Uint32())
		}
		want := bytes.Clone(base)
		i.SetContent(base)
		kept := bytes.Clone(base)
		mapped := &pages{made: map[int64][]byte{}}
		for step := range 200 {
			if step == 100 && seed%2 == 1 {
				if _, e := i.Share(Part{}, func(base []byte, _ bool) Frames { mapped.base = base; return mapped }); e != 0 {
					t.Fatal(e)
				}
			}
			off := r.IntN(4 * chunkSize)
			switch r.IntN(7) {
			case 0:
				p := bytes.Repeat([]byte{byte(step) | 1}, r.IntN(chunkSize))
				i.WriteAt(p, int64(off))
				if len(p) > 0 && off+len(p) > len(want) {
					want = append(want, make([]byte, off+len(p)-len(want))...)
				}
				copy(want[min(off, len(want)):], p)
			case 1:
				i.Truncate(int64(off))
				want = append(want, make([]byte, max(0, off-len(want)))...)[:off]
			case 2:
				p := make([]byte, r.IntN(2*chunkSize))
				n, _ := i.ReadAt(p, int64(off))
				rest := want[min(off, len(want)):]
				if n != min(len(p), len(rest)) || !bytes.Equal(p[:n], rest[:n]) {
					t.Fatal("seed", seed, "step", step)
				}
			case 3:
				i.Append([]byte("end"))
				want = append(want, "end"...)
			case 4:
				n, grow := 1+r.IntN(chunkSize), r.IntN(2) == 0
				i.Zero(int64(off), int64(n), grow)
				if grow {
					want = append(want, make([]byte, max(0, off+n-len(want)))...)
				}
				clear(want[min(off, len(want)):min(off+n, len(want))])
			case 5:
				at, e := i.Find(int64(off), false)
				if e != 0 {
					at = int64(len(want))
				}
				if hole := want[min(off, len(want)):at]; !bytes.Equal(hole, make([]byte, len(hole))) {
					t.Fatal("seed", seed, "step", step, "data in a hole")
				}
				if at, e := i.Find(int64(off), true); (e != 0) != (off >= len(want)) || at > int64(len(want)) {
					t.Fatal("seed", seed, "step", step, "hole at", at, e)
				}
			case 6:
				var got []byte
				i.ReadTo(int64(off), chunkSize, func(p []byte) (int, syscall.Errno) { got = append(got, p...); return len(p), 0 })
				rest := want[min(off, len(want)):]
				if !bytes.Equal(got, rest[:min(len(rest), chunkSize)]) {
					t.Fatal("seed", seed, "step", step, "in pieces")
				}
				i.Extend(int64(off / 2))
				want = append(want, make([]byte, max(0, off/2-len(want)))...)
			}
			if i.Size() != int64(len(want)) {
				t.Fatal("size", i.Size(), len(want))
			}
		}
		if !bytes.Equal(base, kept) {
			t.Fatal("the archive was written to")
		}
		i.Truncate(0)
		if fs.Used() != 0 || mapped.Count() != 0 {
			t.Fatal("memory left over:", fs.Used(), mapped.Count())
		}
	}
}

func TestSparse(t *testing.T) {
	fs := New()
	i := fs.NewInode(syscall.S_IFREG, 0)
	i.WriteAt([]byte("x"), 1<<40)
	if fs.Used() > chunkSize || i.Size() != 1<<40+1 {
		t.Error(fs.Used(), i.Size())
	}
	if _, e := i.WriteAt([]byte("x"), 1<<63-1); e != syscall.EFBIG {
		t.Error(e)
	}
}

// Cookies stay valid while entries come and go.
func TestGetdentsWhileChanging(t *testing.T) {
	fs := New()
	const n = 300
	name := func(k int) string { return "d/" + strconv.Itoa(k) }
	fs.Mkdir(fs.root, "d", 0o755)
	for k := range n {
		fs.Mknod(fs.root, name(k), syscall.S_IFREG, 0)
	}
	d, _ := fs.Lookup(fs.root, "d", false)
	seen := map[string]int{}
	p := make([]byte, 200)
	pos, removed := int64(0), 0
	for {
		got, next, e := d.Getdents(p, pos)
		if e != 0 {
			t.Fatal(e)
		}
		if got == 0 {
			break
		}
		for b := p[:got]; len(b) > 0; b = b[int(b[16])|int(b[17])<<8:] {
			seen[string(bytes.TrimRight(b[19:int(b[16])|int(b[17])<<8], "\x00"))]++
		}
		pos = next
		for k := 0; k < 10 && removed < n/2; k++ { // remove from the front, what was seen
			if seen[strconv.Itoa(removed)] > 0 {
				fs.Unlink(fs.root, name(removed))
				removed++
			}
		}
	}
	for k := range n {
		if seen[strconv.Itoa(k)] != 1 {
			t.Fatal(k, "seen", seen[strconv.Itoa(k)], "times")
		}
	}
	if seen["."] != 1 || seen[".."] != 1 || removed == 0 {
		t.Error(seen["."], seen[".."], removed)
	}
	if _, _, e := d.Getdents(p[:20], 0); e != syscall.EINVAL {
		t.Error(e)
	}
	fs.root.check(t, fs)
}

func TestConcurrentNames(t *testing.T) {
	fs := New()
	for k := range 4 {
		fs.Mkdir(fs.root, strconv.Itoa(k), 0o755)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			any := func() string {
				return strconv.Itoa(r.IntN(4)) + "/" + strconv.Itoa(r.IntN(3)) + []string{"", "/x"}[r.IntN(2)]
			}
			for range 3000 {
				switch r.IntN(6) {
				case 0:
					fs.Mkdir(fs.root, any(), 0o755)
				case 1:
					fs.Rename(fs.root, any(), fs.root, any(), uint(r.IntN(3)))
				case 2:
					fs.Rmdir(fs.root, any())
				case 3:
					if i, _, e := fs.Open(fs.root, any(), syscall.O_CREAT, 0o644); e == 0 {
						if !i.IsDir() {
							i.WriteAt([]byte("data"), int64(r.IntN(9000)))
						}
						i.Close()
					}
				case 4:
					fs.Unlink(fs.root, any())
				case 5:
					fs.Lookup(fs.root, any(), true)
				}
			}
		})
	}
	wg.Wait()
	fs.root.check(t, fs)
	fs.checkAccount(t)
}
