// Package boot starts the machine, from the processor's entry code to the program's
// first instruction, and keeps what it has found: the options of the command line, and
// what the firmware says of devices.
//
// boot (boot_GOARCH.go) runs once, before the Go runtime: no allocation, no BSS
// until the page tables stand, every step in the order its comment gives. launch
// ends it. What follows is the Go runtime's own start on thread 1, which finds
// an ordinary Linux process.
//
// It may import arch and all of kernel but trap and posix.
package boot

import (
	"unsafe"

	"yolk/kernel/bootinfo"
	"yolk/kernel/clock"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
)

// A memRange is a stretch of physical memory.
type memRange struct{ addr, size uint64 }

// end is where the range ends.
func (r *memRange) end() uint64 { return r.addr + r.size }

// loader is what the kernel keeps of the loader's information. It is copied
// before the memory it lies in is used for anything else.
type loader struct {
	ram     [16]memRange
	n       int
	cmdline uint64 // physical address of a C string, 0: none
	firm    uint64 // of the firmware's tables: ACPI's root pointer or the device tree
}

// total returns the bytes of RAM.
func (l *loader) total() (n uint64) {
	for i := range l.n {
		n += l.ram[i].size
	}
	return n
}

// holding returns the index of the RAM that holds the image, [start, end), or -1.
func (l *loader) holding(start, end uint64) int {
	home := -1
	for i := range l.n {
		if r := &l.ram[i]; r.addr <= start && r.end() > end {
			home = i
		}
	}
	return home
}

// mapRAM begins the kernel's own page tables, with all RAM in the direct map.
func (l *loader) mapRAM() bool {
	ok := mem.NewTables()
	for i := range l.n {
		ok = ok && mem.MapDirect(l.ram[i].addr, l.ram[i].end())
	}
	return ok
}

// patience is how long, in ns, the program may run before the kernel attends to power
// button and serial line (kernel/trap).
const patience = 20e6

// launch makes the first thread, as a Linux process would find itself, current.
// Memory, clock and interrupts must work.
func launch(l *loader) {
	readOptions()
	seed()
	bootinfo.Archive.Addr, bootinfo.Archive.Length = archive()
	if v := Option("cwd"); len(v) > 0 {
		bootinfo.Folder.Addr, bootinfo.Folder.Length = uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v))
	}
	bootinfo.FileLimit = int64(mem.Stats().Free / 2)
	if !sched.Init() || !startProgram() {
		tooSmall(l)
	}
	klog.Line(klog.Info).MiB(l.total()).Str(" RAM, kernel ready after ").Uint(clock.Now() / 1000).Str(" us").End()
	sched.SetAlarm(clock.Now()+patience, true)
	sched.Arm()
}

func refuse(why string) {
	shutdown.Fatal(shutdown.StatusRefused, klog.Last().Str("yolk: cannot start: ").Str(why))
}

func tooSmall(l *loader) {
	shutdown.Fatal(shutdown.StatusNoMemory, klog.Last().Str("yolk: too little memory: ").MiB(l.total()).
		Str(" of RAM do not hold the image and its tables; give the machine more with -memory"))
}
