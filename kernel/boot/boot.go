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
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
)

// mapRAM begins the kernel's own page tables, with all RAM in the direct map.
func mapRAM(l *machine.Loader) bool {
	ok := mem.NewTables()
	for i := range l.N {
		ok = ok && mem.MapDirect(l.RAM[i].Addr, l.RAM[i].End())
	}
	return ok
}

// patience is how long, in ns, the program may run before the kernel attends to power
// button and serial line (kernel/trap).
const patience = 20e6

// launch makes the first thread, as a Linux process would find itself, current.
// Memory, clock and interrupts must work.
func launch(l *machine.Loader) {
	readOptions()
	seed()
	bootinfo.Archive.Addr, bootinfo.Archive.Length = archive()
	if v := Option("cwd"); len(v) > 0 {
		bootinfo.Folder.Addr, bootinfo.Folder.Length = uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v))
	}
	if v := Option("mount"); len(v) > 0 {
		bootinfo.Mounts.Addr, bootinfo.Mounts.Length = uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v))
	}
	bootinfo.FileLimit = int64(mem.Stats().Free / 2)
	if !sched.Init() || !startProgram() {
		tooSmall(l)
	}
	klog.Line(klog.Boot, klog.Info).MiB(l.Total()).Str(" RAM, kernel ready after ").Uint(clock.Now() / 1000).Str(" us").End()
	sched.SetAlarm(clock.Now()+patience, true)
	sched.Arm()
}

func refuse(why string) {
	shutdown.Fatal(shutdown.StatusRefused, klog.Last().Str("yolk: cannot start: ").Str(why))
}

func tooSmall(l *machine.Loader) {
	shutdown.Fatal(shutdown.StatusNoMemory, klog.Last().Str("yolk: too little memory: ").MiB(l.Total()).
		Str(" of RAM do not hold the image and its tables; give the machine more with -memory"))
}
