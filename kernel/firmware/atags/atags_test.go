package atags

import (
	"encoding/binary"
	"testing"
)

// list renders tags; each is its number and its value.
func list(tags ...any) (b []byte) {
	for _, t := range tags {
		switch t := t.(type) {
		case []uint32: // tag, then the value's words
			b = binary.LittleEndian.AppendUint32(b, uint32(len(t)+1))
			for _, w := range t {
				b = binary.LittleEndian.AppendUint32(b, w)
			}
		case string: // a command line
			text := append([]byte(t), make([]byte, 4-len(t)%4)...)
			b = binary.LittleEndian.AppendUint32(b, uint32(len(text)/4+2))
			b = binary.LittleEndian.AppendUint32(b, cmdline)
			b = append(b, text...)
		}
	}
	return append(b, make([]byte, 64)...)
}

func TestList(t *testing.T) {
	l, ok := Open(list([]uint32{core, 1, 4096, 0}, []uint32{0x54410007, 9}, []uint32{memory, 0x3c000000, 0}, "log=debug -- a b", []uint32{memory, 16, 32}))
	if !ok {
		t.Fatal("no list")
	}
	if start, size, ok := l.Memory(0); start != 0 || size != 0x3c000000 || !ok {
		t.Error(start, size, ok)
	}
	if start, size, ok := l.Memory(1); start != 32 || size != 16 || !ok {
		t.Error(start, size, ok)
	}
	if _, _, ok := l.Memory(2); ok {
		t.Error("a third range")
	}
	if c, ok := l.CommandLine(); string(c) != "log=debug -- a b" || !ok {
		t.Errorf("%q, %v", c, ok)
	}
}

func TestNoList(t *testing.T) {
	short := list([]uint32{core})
	for name, b := range map[string][]byte{
		"nothing":         nil,
		"zeros":           make([]byte, 64),
		"cut":             short[:7],
		"another first":   list([]uint32{memory, 1, 2}),
		"core of 1 word":  list([]uint32{core, 1}),
		"longer than all": {0xff, 0xff, 0xff, 0xff, 1, 0, 0x41, 0x54},
	} {
		l, ok := Open(b)
		if _, _, has := l.Memory(0); ok || has {
			t.Errorf("%s taken for a list", name)
		}
	}
	l, ok := Open(short)
	if _, has := l.CommandLine(); !ok || has {
		t.Error("a list of one tag")
	}
}

// TestHostile: tags that run past the end, or say that they are shorter than
// their header, end the list.
func TestHostile(t *testing.T) {
	for _, size := range []uint32{0, 1, 1000, 1 << 30, 1<<32 - 1} {
		b := list([]uint32{core}, []uint32{memory, 1, 2})
		binary.LittleEndian.PutUint32(b[8:], size)
		l, _ := Open(b)
		if _, _, ok := l.Memory(0); ok {
			t.Errorf("a tag of %d words", size)
		}
	}
	l, _ := Open(list([]uint32{core}, []uint32{memory, 7}))
	if _, _, ok := l.Memory(0); ok {
		t.Error("half a memory tag")
	}
}

func FuzzList(f *testing.F) {
	f.Add(list([]uint32{core, 1, 4096, 0}, []uint32{memory, 0x3c000000, 0}, "log=debug"))
	f.Add(list([]uint32{core}, []uint32{cmdline}))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, ok := Open(b)
		if !ok {
			return
		}
		for i := range 4 {
			l.Memory(i)
		}
		if c, _ := l.CommandLine(); len(c) > len(b) {
			t.Error("longer than the list")
		}
	})
}

func TestNoAllocation(t *testing.T) {
	b := list([]uint32{core}, []uint32{memory, 1, 2}, "x=1")
	if n := testing.AllocsPerRun(100, func() {
		l, _ := Open(b)
		l.Memory(0)
		l.CommandLine()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
