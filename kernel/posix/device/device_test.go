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
