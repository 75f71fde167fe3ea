package device

import (
	"errors"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/abi"
)

// A kernel serves the calls of drivers from blocks of ordinary memory.
type kernel struct {
	*testing.T
	blocks map[uintptr][]byte // by physical address
	freed  map[uintptr]uintptr
	left   uintptr // frames
}

// become makes k what traps reach.
func become(t *testing.T, frames uintptr) *kernel {
	k := &kernel{t, map[uintptr][]byte{}, map[uintptr]uintptr{}, frames}
	old := trap
	trap = k.serve
	t.Cleanup(func() { trap = old })
	return k
}

func (k *kernel) serve(number, a, b, c uintptr) (uintptr, uintptr, syscall.Errno) {
	switch number {
	case abi.SysDMAAlloc:
		n := uintptr(1) << a
		if n > k.left {
			return 0, 0, syscall.ENOMEM
		}
		k.left -= n
		block := make([]byte, n*abi.PageSize)
		pa := uintptr(unsafe.Pointer(unsafe.SliceData(block))) - abi.Direct
		k.blocks[pa] = block
		return pa, 0, 0
	case abi.SysDMAFree:
		k.freed[a] = b
		return 0, 0, 0
	case abi.SysFrames:
		for i := range b {
			*(*uint64)(unsafe.Pointer(c + 8*i)) = uint64(a/abi.PageSize+i) * 2 * abi.PageSize
		}
		return min(b, k.left), 0, 0
	case abi.SysMapDevice:
		if a > 1<<40 {
			return 0, 0, syscall.ENOMEM
		}
		return a + b<<48, 0, 0
	}
	k.Errorf("call %d", number)
	return 0, 0, syscall.ENOSYS
}

// TestMemory: blocks are as large as what is asked for and aligned as is asked for, and
// go back as they came.
func TestMemory(t *testing.T) {
	k := become(t, 100)
	var m Memory
	for _, c := range []struct {
		n, align int
		order    uintptr
	}{{1, 1, 0}, {4096, 1, 0}, {4097, 1, 1}, {10, 8192, 1}, {8192, 16, 1}, {8193, 1, 2}, {65536, 4096, 4}} {
		b, pa, err := m.Alloc(c.n, c.align)
		if err != nil || len(b) != c.n || uintptr(len(k.blocks[uintptr(pa)])) != abi.PageSize<<c.order {
			t.Fatalf("%d bytes aligned to %d: %d of %d, %v", c.n, c.align, len(b), len(k.blocks[uintptr(pa)]), err)
		}
		if &b[0] != &k.blocks[uintptr(pa)][0] {
			t.Error("the memory is not at its address")
		}
		if m.Free(b, pa); k.freed[uintptr(pa)] != c.order {
			t.Errorf("%d bytes aligned to %d are given back as 1<<%d pages", c.n, c.align, k.freed[uintptr(pa)])
		}
	}
	if _, _, err := m.Alloc(1<<20, 1); !errors.Is(err, ErrNoMemory) || !strings.Contains(err.Error(), "1048576 bytes") {
		t.Error(err)
	}
	runtime.KeepAlive(k)
}

func TestMap(t *testing.T) {
	become(t, 0)
	if va, err := Map(0xfea00010, 0x100); va != 0x100<<48|0xfea00010 || err != nil {
		t.Errorf("%#x, %v", va, err)
	}
	if _, err := Map(1<<50, 0x100); !errors.Is(err, syscall.ENOMEM) || !strings.Contains(err.Error(), "0x4000000000000") {
		t.Error(err)
	}
}

// TestNoKernel: elsewhere there is no such call.
func TestNoKernel(t *testing.T) {
	if _, _, err := (Memory{}).Alloc(1, 1); !errors.Is(err, ErrNoMemory) {
		t.Error(err)
	}
}

// TestEvent: each call is a trap; a level is opened again when its driver waits, a pulse
// is not.
func TestEvent(t *testing.T) {
	old := trap
	defer func() { trap = old }()
	var made [][3]uintptr
	trap = func(number, a, b, c uintptr) (uintptr, uintptr, syscall.Errno) {
		made = append(made, [3]uintptr{number, a, b})
		switch {
		case number == abi.SysEventNew:
			return 3, 0, 0
		case a != 3 || number == abi.SysEventRoute && b&^abi.LineLevel > 47:
			return 0, 0, syscall.EINVAL
		case number == abi.SysEventMessage:
			return 0xfee00000 + c<<12 + b, 0, 0
		}
		return 0, 0, 0
	}
	e, ok := NewEvent()
	if e != 3 || !ok {
		t.Fatal(e, ok)
	}
	if addr, data, ok := e.Message(2); addr != 0xfee02000 || data != 0xfee02001 || !ok {
		t.Errorf("%#x to %#x, %v", data, addr, ok)
	}
	if _, _, ok := Event(4).Message(0); ok {
		t.Error("a message of nobody's")
	}
	for _, c := range []struct {
		line  int
		ok    bool
		opens int
	}{{5, true, 0}, {5 | abi.LineLevel, true, 1}, {48 | abi.LineLevel, false, 0}} {
		if ok := e.Route(c.line); ok != c.ok {
			t.Errorf("line %#x: %v", c.line, ok)
		}
		made = nil
		if e.Wait(); len(made) != c.opens || c.opens > 0 && made[0] != [3]uintptr{abi.SysEventOpen, 3} {
			t.Errorf("line %#x: %d", c.line, made)
		}
	}
	made = nil
	if e.Fire(); len(made) != 1 || made[0] != [3]uintptr{abi.SysEventFire, 3} {
		t.Errorf("%d", made)
	}
}

// TestLocate: it asks for all pages that memory lies in, and is told of all or of none.
func TestLocate(t *testing.T) {
	k := become(t, 3)
	block := make([]byte, 5*abi.PageSize)
	skip := abi.PageSize - uintptr(unsafe.Pointer(unsafe.SliceData(block)))%abi.PageSize
	block = block[skip:]
	first := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(block)))) * 2
	var m Memory
	for _, c := range []struct{ from, to, pages int }{
		{0, 1, 1}, {0, abi.PageSize, 1}, {abi.PageSize - 1, abi.PageSize + 1, 2}, {1, 2*abi.PageSize + 1, 3},
		{abi.PageSize - 1, 3*abi.PageSize + 1, 0}, // of the last of four it is not known
	} {
		var pages [abi.FramesMost]uint64
		n := m.Locate(block[c.from:c.to], pages[:])
		if n != c.pages || n > 0 && pages[n-1] != first+uint64(c.from/abi.PageSize+n-1)*2*abi.PageSize {
			t.Errorf("%d to %d: %d pages, %#x", c.from, c.to, n, pages)
		}
	}
	k.left = 100
	if n := m.Locate(make([]byte, abi.FramesMost*abi.PageSize+1), make([]uint64, abi.FramesMost)); n != 0 {
		t.Errorf("%d pages of more than there is room for", n)
	}
	if n := m.Locate(block[:1], make([]uint64, 1)); n != 0 {
		t.Error("a small array is written to")
	}
}
