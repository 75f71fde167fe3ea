package syscalls

import (
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/machine/machinetest"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

// processor is the one of the machine on which the tests' programs run: memory and
// threads stay from test to test.
var processor0 amd64.CPU

var bootOnce = sync.OnceFunc(func() {
	amd64.SetClock(amd64.ClockParams{Base: amd64.TSC(), Mult: 1 << 31}) // 2 GHz
	if !sched.Init() {
		panic("no memory for threads")
	}
})

// program is what a test's system calls come from: a thread that runs, and memory that
// is the program's.
type program struct {
	testing.TB
	thread *sched.Thread
	mem    uint64 // memSize bytes, and what follows is nobody's
}

const memSize = 4 * mem.PageSize

// nowhere is an address that no program has.
const nowhere = 0x1000

// start makes the test a program that has just begun.
func start(t testing.TB) *program {
	t.Helper()
	amd64test.Enter(t)
	amd64test.Become(t, &processor0, 0)
	amd64test.Map(t, lapic.Base, mem.PageSize)
	amd64test.SetPort(machinetest.LineStatus, 0x60) // the serial port can take what there is
	if mem.Stats().Total == 0 {
		const frames = 3000
		mem.Init(mem.Buddy)
		pa := amd64test.RAM(t, frames*mem.PageSize)
		mem.AddRAM(pa, pa+frames*mem.PageSize)
		if !mem.NewTables() {
			t.Fatal("no tables")
		}
		bootOnce()
	}
	ServeFiles()
	ServeStats()
	for i := range actions {
		actions[i] = sigaction{}
	}
	p := &program{TB: t, thread: sched.New()}
	sched.Run(p.thread)
	b, err := syscall.Mmap(-1, 0, memSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	p.mem = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
	if !mem.Reserve(p.mem, memSize) {
		t.Fatal("no region")
	}
	t.Cleanup(func() {
		mem.Unmap(p.mem, memSize)
		syscall.Munmap(b)
	})
	amd64test.Take()
	return p
}

// call makes a system call from the thread that runs, and returns its result.
func (p *program) call(number uint64, args ...uint64) uint64 {
	t := sched.Current()
	var a [6]uint64
	copy(a[:], args)
	t.AX, t.DI, t.SI, t.DX, t.R10, t.R8, t.R9 = number, a[0], a[1], a[2], a[3], a[4], a[5]
	Syscall(&t.Frame)
	return t.AX
}

// A callCase is a call and what it must return.
type callCase struct {
	name   string
	number uint64
	args   []uint64
	want   uint64
}

// check makes the calls, one after another.
func (p *program) check(cases []callCase) {
	p.Helper()
	for _, c := range cases {
		if got := p.call(c.number, c.args...); got != c.want {
			p.Errorf("%s: call %d %#x is %d, want %d", c.name, c.number, c.args, int64(got), int64(c.want))
		}
	}
}

// put writes words to the program's memory, from offset at on, and returns where.
func (p *program) put(at uint64, words ...uint64) uint64 {
	for i, w := range words {
		*u64(p.mem + at + uint64(i)*8) = w
	}
	return p.mem + at
}

// get reads n words.
func (p *program) get(at uint64, n int) (words []uint64) {
	for i := range n {
		words = append(words, *u64(p.mem + at + uint64(i)*8))
	}
	return words
}

// other is another thread of the program's, ready to run.
func (p *program) other() *sched.Thread {
	t := sched.New()
	sched.Start(t)
	return t
}
