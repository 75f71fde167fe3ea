package timeline

import (
	"bufio"
	"debug/elf"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// A machine is an emulator's debugger: at each "c" it goes to the next of some places and
// executes 1000 instructions; at 0 it goes nowhere, until it is stopped, and after the last
// place it ends.
type machine struct {
	conn   net.Conn
	places []uint64
	pc     uint64
	counts bool
	stops  map[string]bool // where it is told to stop
	left   bool            // it was told to go on without a debugger
	steps  int
	runs   bool
}

func (m *machine) serve() {
	defer m.conn.Close()
	for r := bufio.NewReader(m.conn); ; {
		kind, err := r.ReadByte()
		switch {
		case err != nil:
			return
		case kind == 3 && m.runs: // else it is passed over
			m.runs = false
			m.answer("T02thread:01;")
		case kind != '$':
			continue // an acknowledgement
		default:
			data, _ := r.ReadString('#')
			r.Discard(2)
			io.WriteString(m.conn, "+")
			if m.left = data == "D#"; m.left || !m.command(strings.TrimSuffix(data, "#")) {
				return
			}
		}
	}
}

// command does what a packet says, and reports whether the machine is still there.
func (m *machine) command(data string) bool {
	switch place, _, _ := strings.Cut(strings.TrimLeft(data, "Zz"), ",1"); {
	case data == "?":
		m.answer("T05thread:01;")
	case data[0] == 'Z', data[0] == 'z':
		m.stops[place+"1"] = data[0] == 'Z'
		m.answer("OK")
	case data == "g":
		r := make([]byte, 20*8)
		for i := range 8 {
			r[16*8+i] = byte(m.pc >> (8 * i))
		}
		m.answer(hex.EncodeToString(r))
	case data == "c" && len(m.places) == 0:
		m.answer("W00")
		return false
	case data == "c":
		m.pc, m.places = m.places[0], m.places[1:]
		m.steps++
		if m.runs = m.pc == 0; !m.runs {
			m.answer("T05thread:01;")
		}
	case m.counts && data == "qRcmd,"+hex.EncodeToString([]byte("info replay")):
		m.answer("O" + hex.EncodeToString(fmt.Appendf(nil, "Recording: instruction count = %d\r\n", 1000*m.steps)))
		m.answer("OK")
	default:
		m.answer("")
	}
	return true
}

func (m *machine) answer(data string) { fmt.Fprintf(m.conn, "$%s#00", data) }

// connected are two ends of a connection that, unlike a net.Pipe, holds what was written.
func connected(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if theirs, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

// watched lets a recorder watch a machine.
func watched(t *testing.T, m *machine, quiet time.Duration) (*Recorder, error) {
	t.Helper()
	ours, theirs := connected(t)
	m.conn, m.stops = theirs, map[string]bool{}
	ended := make(chan struct{})
	go func() { m.serve(); close(ended) }()
	p := processors[elf.EM_X86_64]
	r := &Recorder{p: p, counts: true, quiet: quiet, load: 1 << 20, symbols: map[string]uint64{
		p.entry: 0x100, "runtime.main": 0x200, "main.main": 0x300,
		"yolk/kernel/posix/socket.(*Socket).listen": 0x400, "yolk/kernel/klog.Write": 0x500,
	}}
	r.Begin()
	err := r.Watch(ours)
	ours.Close()
	<-ended
	return r, err
}

// names are the phases and where it ended.
func (r *Recorder) names() (names []string) {
	for _, p := range r.phases {
		names = append(names, p.Name)
	}
	return names
}

// TestWatch: steps are found in their order, the later ones as they come, and the machine
// goes on without a debugger and with nothing left of it.
func TestWatch(t *testing.T) {
	first := []string{"emulator starts", "firmware, loader", "entry, provisional page tables"}
	for _, c := range []struct {
		name   string
		places []uint64
		quiet  time.Duration
		want   []string
	}{
		{"all", []uint64{1<<20 + 0x100, 0x200, 0x300, 0x500, 0x400}, time.Hour, []string{"first goroutine", "main.main", "first output", "listens"}},
		{"stopped by others", []uint64{1<<20 + 0x100, 0x7777, 0x200, 0x300, 0x500, 0x400}, time.Hour, []string{"first goroutine", "main.main", "first output", "listens"}},
		{"quiet", []uint64{1<<20 + 0x100, 0x200, 0x300, 0x400, 0}, time.Millisecond, []string{"first goroutine", "main.main", "listens"}},
		{"ended", []uint64{1<<20 + 0x100, 0x200, 0x300}, time.Hour, []string{"first goroutine", "main.main"}},
		{"ended early", []uint64{1<<20 + 0x100}, time.Hour, []string{"ended before first goroutine"}},
	} {
		m := &machine{places: c.places, counts: true}
		r, err := watched(t, m, c.quiet)
		if err != nil || !slices.Equal(r.names(), append(first, c.want...)) {
			t.Errorf("%s: %q, %v", c.name, r.names(), err)
		}
		if ended := strings.HasPrefix(c.name, "ended"); m.left == ended {
			t.Errorf("%s: goes on: %v", c.name, m.left)
		}
		for at, there := range m.stops {
			if there && m.left {
				t.Errorf("%s: stops at %s", c.name, at)
			}
		}
		for i, p := range r.phases[2:] {
			if c.name == "all" && p.Instructions != int64(1000*(i+1)) {
				t.Errorf("%+v", p)
			}
		}
		if !slices.IsSortedFunc(r.phases, func(a, b Phase) int { return int(a.Begins - b.Begins) }) {
			t.Errorf("%s: %+v", c.name, r.phases)
		}
	}
}

// TestSilent: an emulator that does not count, or goes away, is said to.
func TestSilent(t *testing.T) {
	if _, err := watched(t, &machine{places: []uint64{1<<20 + 0x100}}, time.Hour); err == nil || !strings.Contains(err.Error(), "info replay") {
		t.Error(err)
	}
	ours, theirs := connected(t)
	theirs.Close()
	r := &Recorder{p: processors[elf.EM_X86_64]}
	r.Begin()
	if err := r.Watch(ours); err == nil {
		t.Error("nothing is wrong with nothing")
	}
	if _, err := New("timeline_test.go", 0, false); err == nil {
		t.Error("a program of text")
	}
}

// TestShow: text and picture have each phase with what it took.
func TestShow(t *testing.T) {
	r := &Recorder{counts: true, phases: []Phase{
		{"emulator starts", Emulator, 0, 0}, {"firmware <loader>", Emulator, 100 * time.Millisecond, 0},
		{"main.main", Program, 130 * time.Millisecond, 1234}, {"first output", Program, 131500 * time.Microsecond, 2345678},
	}}
	out := string(r.Show("p on m", "f.txt"))
	for _, want := range []string{"p on m\n", "exact", "100.0 ms             -  emulator: emulator starts", " 30.0 ms         1\u202f234  emulator: firmware", "1.5 ms     2\u202f344\u202f444  program: main.main", "  2\u202f345\u202f678  first output"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	picture := string(r.Show("p <on> m", "f.SVG"))
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"firmware &lt;loader&gt;", ">after 131.5 ms<", ">20 ms<", ">120 ms<", `width="395.4"`} {
		if !strings.Contains(picture, want) {
			t.Errorf("no %q in\n%s", want, picture)
		}
	}
	if r.counts = false; strings.Contains(string(r.Show("", "")), "234") {
		t.Error("instructions that nobody counted")
	}
}
