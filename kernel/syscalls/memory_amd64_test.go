package syscalls

import (
	"testing"

	"yolk/kernel/abi"
	"yolk/kernel/kerneltest"
	"yolk/kernel/mem"
)

// Calls, as in calls_amd64.go.
const (
	nrMmap     = 9
	nrMprotect = 10
	nrMunmap   = 11
	nrMincore  = 27
)

const (
	page = mem.PageSize
	anon = 0x22 // MAP_PRIVATE | MAP_ANONYMOUS
)

// An errno as a call returns it.
const (
	eNOENT = -errNOENT & (1<<64 - 1)
	eSRCH  = -errSRCH & (1<<64 - 1)
	eIO    = -errIO & (1<<64 - 1)
	eBADF  = -errBADF & (1<<64 - 1)
	eCHILD = -errCHILD & (1<<64 - 1)
	eAGAIN = -errAGAIN & (1<<64 - 1)
	eNOMEM = -errNOMEM & (1<<64 - 1)
	eACCES = -errACCES & (1<<64 - 1)
	eFAULT = -errFAULT & (1<<64 - 1)
	eEXIST = -errEXIST & (1<<64 - 1)
	eNODEV = -errNODEV & (1<<64 - 1)
	eINVAL = -errINVAL & (1<<64 - 1)
	eNOSYS = -errNOSYS & (1<<64 - 1)
	eINTR  = -4 & (1<<64 - 1)
)

// TestMmap: the calls by which the Go runtime gets, protects and gives back memory.
func TestMmap(t *testing.T) {
	p := start(t)
	const heap, rw = 0xc000000000, 3
	p.check([]callCase{
		{"a file", nrMmap, []uint64{0, page, rw, 0x02, 3, 0}, eNODEV},
		{"nothing", nrMmap, []uint64{heap, 0, rw, anon}, eINVAL},
		{"the heap's arena", nrMmap, []uint64{heap, 64 << 20, 0, anon}, heap},
		{"a hint that is taken", nrMmap, []uint64{heap, page, rw, anon}, 0x700000000000},
		{"no hint", nrMmap, []uint64{0, 1, rw, anon}, 0x700000001000},
		{"the arena, to be used", nrMmap, []uint64{heap, 4 << 20, rw, anon | mapFixed}, heap},
		{"a place that is no page's", nrMmap, []uint64{heap + 1, page, rw, anon | mapFixed}, eNOMEM},
		{"the kernel's half", nrMmap, []uint64{mem.Direct, page, rw, anon | mapFixed}, eNOMEM},
		{"more than there is", nrMmap, []uint64{0, 1 << 62, rw, anon}, eNOMEM},

		{"protect", nrMprotect, []uint64{heap, page, 1}, 0},
		{"protect over a hole", nrMprotect, []uint64{heap + 63<<20, 2 << 20, 1}, eNOMEM},
		{"protect what is no page", nrMprotect, []uint64{heap + 1, page, 1}, eNOMEM},

		{"advice", nrMadvise, []uint64{heap, page, 14}, 0}, // MADV_HUGEPAGE
		{"give back", nrMadvise, []uint64{heap, page, madvDontNeed}, 0},
		{"give back what is not there", nrMadvise, []uint64{nowhere, page, madvFree}, 0},

		{"unmap", nrMunmap, []uint64{heap, 64 << 20}, 0},
		{"unmap again", nrMunmap, []uint64{heap, 64 << 20}, 0},
		{"unmap nothing", nrMunmap, []uint64{heap, 0}, eINVAL},
		{"unmap what is no page", nrMunmap, []uint64{heap + 8, page}, eINVAL},
		{"unmap the kernel", nrMunmap, []uint64{mem.Direct, page}, eNOMEM},
		{"unmap", nrMunmap, []uint64{0x700000000000, 2 * page}, 0},
	})
}

// TestMincore tells which pages have a frame.
func TestMincore(t *testing.T) {
	p := start(t)
	at := p.call(nrMmap, 0, 3*page, 3, anon)
	if r := mem.Fault(uintptr(at+page), 2); r != mem.FaultServed {
		t.Fatal(r)
	}
	vec := p.put(0, 0xffffffff)
	p.check([]callCase{
		{"three pages", nrMincore, []uint64{at, 2*page + 1, vec}, 0},
		{"no page", nrMincore, []uint64{at + 1, page, vec}, eINVAL},
		{"beyond", nrMincore, []uint64{at, 4 * page, vec}, eNOMEM},
		{"around the end", nrMincore, []uint64{at, ^uint64(page - 1), vec}, eNOMEM},
		{"to nowhere", nrMincore, []uint64{at, page, nowhere}, eFAULT},
		{"unmap", nrMunmap, []uint64{at, 3 * page}, 0},
	})
	if got := p.get(0, 1)[0]; got != 0xff000100 {
		t.Errorf("%#x", got)
	}
}

// TestObjectCalls: what kernel/posix asks for a file that is mapped, and what the
// program does with the mapping.
func TestObjectCalls(t *testing.T) {
	p := start(t)
	const rw, shared, private, base = 3, 1, 2, 0x700000000000
	free := mem.Stats().Free
	p.call(abi.SysObjectFrames, 100)
	o := p.call(abi.SysObjectNew, p.put(0, 42), 8)
	p.check([]callCase{
		{"three pages", abi.SysObjectSize, []uint64{o, 2*page + 100}, 0},
		{"frames for them", abi.SysObjectFill, []uint64{o, 1, 9}, 2},
		{"how many there are", abi.SysObjectFrames, []uint64{100}, 2},
		{"take one", abi.SysObjectDrop, []uint64{o, 1, 1}, 0},
		{"how many are left", abi.SysObjectFrames, []uint64{100}, 1},

		{"map", abi.SysObjectMap, []uint64{0, 4 * page, rw, shared, o, 0}, base},
		{"map where that is", abi.SysObjectMap, []uint64{base + page, page, rw, private | mapNoReplace, o, 0}, eEXIST},
		{"map where nothing is", abi.SysObjectMap, []uint64{base + 8*page, page, rw, private | mapNoReplace, o, 0}, base + 8*page},
		{"map never to be written", abi.SysObjectMap, []uint64{base + 16*page, page, 1, shared | mapFixed | abi.ObjectNoWrite, o, 0}, base + 16*page},
		{"write it", nrMprotect, []uint64{base + 16*page, page, rw}, eACCES},
		{"map no object", abi.SysObjectMap, []uint64{0, page, rw, shared, 0, 0}, base + 4*page},
		{"map nothing", abi.SysObjectMap, []uint64{0, 0, rw, shared, o, 0}, eINVAL},

		{"sync", nrMsync, []uint64{base, 4 * page, 4}, 0},
		{"sync both ways", nrMsync, []uint64{base, page, 5}, eINVAL},
		{"sync half a page", nrMsync, []uint64{base + 1, page, 4}, eINVAL},
		{"sync what is not there", nrMsync, []uint64{base + 40*page, page, 4}, eNOMEM},

		{"take a page out of the file", nrMadvise, []uint64{base + 2*page, page, madvRemove}, 0},
		{"of a private mapping", nrMadvise, []uint64{base + 8*page, page, madvRemove}, eINVAL},

		{"longer in its place", nrMremap, []uint64{base + 16*page, page, 2 * page, 0}, base + 16*page},
		{"longer where another is", nrMremap, []uint64{base, 4 * page, 5 * page, 0}, eNOMEM},
		{"longer elsewhere", nrMremap, []uint64{base, 4 * page, 5 * page, mremapMayMove}, base + 9*page},
		{"shorter", nrMremap, []uint64{base + 9*page, 5 * page, 3 * page, 0}, base + 9*page},
		{"what is not there", nrMremap, []uint64{base + 40*page, page, 2 * page, mremapMayMove}, eFAULT},
		{"to nothing", nrMremap, []uint64{base + 9*page, page, 0, 0}, eINVAL},
		{"to a place", nrMremap, []uint64{base + 9*page, 3 * page, 3 * page, 3, base + 30*page}, base + 30*page},
		{"and back, shorter", nrMremap, []uint64{base + 30*page, 3 * page, 2 * page, 3, base + 9*page}, base + 9*page},
		{"to where it is", nrMremap, []uint64{base + 9*page, 2 * page, 2 * page, 3, base + 10*page}, eINVAL},
		{"to a place it may not move to", nrMremap, []uint64{base + 9*page, page, page, 2, base + 30*page}, eINVAL},
		{"to the kernel", nrMremap, []uint64{base + 9*page, page, page, 3, mem.Direct}, eINVAL},
	})
	if r := mem.Fault(base+9*page, 0); r != mem.FaultServed || !mem.Populated(base+9*page) {
		t.Error("the first page:", r)
	}
	if r := mem.Fault(base+9*page, 0); r != mem.FaultServed {
		t.Error(r)
	}
	p.check([]callCase{
		{"unmap", nrMunmap, []uint64{base, 64 * page}, 0},
		{"free", abi.SysObjectFree, []uint64{o}, 0},
		{"how many are left", abi.SysObjectFrames, []uint64{100}, 0},
	})
	if left := mem.Stats().Free; left != free {
		t.Errorf("%d bytes are left of %d", left, free)
	}
}

// TestBusError: an access beyond a file's end is the program's to handle.
func TestBusError(t *testing.T) {
	p := start(t)
	kerneltest.Ends(p, 128+sigBUS, func() { BusError(0x1234) })
}

// TestUser: what the kernel follows is the program's, whole and accessible.
func TestUser(t *testing.T) {
	p := start(t)
	at := p.call(nrMmap, 0, 3*page, 3, anon)
	defer p.call(nrMunmap, at, 3*page)
	p.call(nrMprotect, at+page, page, 0)
	p.call(nrMprotect, at+2*page, page, 1)
	for _, c := range []struct {
		addr, n uint64
		want    bool
	}{
		{at, page, true}, {at + page - 1, 1, true}, {at, page + 1, false}, {at + page, 1, false},
		{at + 2*page, page, true}, {at + 2*page, page + 1, false}, {at - 1, 1, false}, {at - 1, 0, true},
		{p.mem, memSize, true}, {p.mem, memSize + 1, false}, {nowhere, 1, false},
		{^uint64(0), 1, false}, {p.mem, ^uint64(0), false}, {mem.Direct, 8, false},
	} {
		if got := user(c.addr, c.n); got != c.want {
			t.Errorf("%d bytes at %#x, where %#x has three pages: %v", c.n, c.addr, at, got)
		}
	}
}

// TestDeviceMemory: the calls of drivers.
func TestDeviceMemory(t *testing.T) {
	p := start(t)
	free := mem.Stats().Free
	pa := p.call(abi.SysDMAAlloc, 2)
	if pa%page != 0 || mem.Stats().Free != free-4*page {
		t.Errorf("four frames are at %#x, and %d bytes left of %d", pa, mem.Stats().Free, free)
	}
	p.check([]callCase{
		{"give back", abi.SysDMAFree, []uint64{pa, 2}, 0},
		{"too much", abi.SysDMAAlloc, []uint64{19}, eNOMEM},
		{"much too much", abi.SysDMAAlloc, []uint64{64}, eNOMEM},
		{"registers", abi.SysMapDevice, []uint64{0xfea00010, 0x100}, 0xfea00010},
		{"frames of what is no heap", abi.SysFrames, []uint64{p.mem, 1, p.mem + 1024}, 0},
		{"frames to nowhere", abi.SysFrames, []uint64{p.mem, 1, nowhere}, eFAULT},
		{"registers where none can be", abi.SysMapDevice, []uint64{1 << 60, 0x100}, eNOMEM},
	})
	if left := mem.Stats().Free; left > free || left < free-3*page {
		t.Errorf("%d bytes are left of %d", left, free)
	}
}
