package file

import (
	"runtime"
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
)

// Interrupts, as /proc/interrupts and /proc/stat have them (proc(5)): by event, which is
// what has a number here, and then those of the kernel itself. Full brings them in.

// interruptsOf is the kernel's side; a test has its own.
var interruptsOf = func(processor uint64, all *abi.Interrupts) bool {
	_, _, e := syscall.RawSyscall(abi.SysInterrupts, uintptr(processor), uintptr(unsafe.Pointer(all)), 0)
	return e == 0
}

// allInterrupts are each processor's, one at least.
func allInterrupts() []abi.Interrupts {
	all := make([]abi.Interrupts, 1)
	for interruptsOf(uint64(len(all)-1), &all[len(all)-1]) {
		all = append(all, abi.Interrupts{})
	}
	return all[:max(len(all)-1, 1)]
}

// sum adds one counter up over all processors.
func sum(all []abi.Interrupts, of func(*abi.Interrupts) uint64) (n uint64) {
	for i := range all {
		n += of(&all[i])
	}
	return n
}

// procInterrupts has a line for each event that has a line of the interrupt controller, or
// that interrupts have come for.
func procInterrupts() []byte {
	all := allInterrupts()
	b := processorHeads(spaces(nil, 11), len(all))
	line := func(name string, of func(*abi.Interrupts) uint64, about string) {
		b = append(append(aligned(b, name, 3), ':'), ' ')
		for i := range all {
			b = append(aligned(b, string(decimal(int64(of(&all[i])))), 10), ' ')
		}
		b = append(append(b, about...), '\n')
	}
	for e := range abi.Events {
		of := func(i *abi.Interrupts) uint64 { return i.Events[e] }
		if all[0].Lines[e] != 0 || sum(all, of) != 0 {
			line(string(decimal(int64(e))), of, tie(e, all[0].Lines[e]))
		}
	}
	line("LOC", func(i *abi.Interrupts) uint64 { return i.Timer }, "  Local timer interrupts")
	line("IPI", func(i *abi.Interrupts) uint64 { return i.Between }, "  Interrupts between processors")
	line("SYS", func(i *abi.Interrupts) uint64 { return i.Own }, "  Power button and break on the console")
	b = append(aligned(b, "ERR", 3), ": "...)
	stray := sum(all, func(i *abi.Interrupts) uint64 { return i.Stray })
	return append(aligned(b, string(decimal(int64(stray))), 10), '\n')
}

// tie is what an event is tied to: controller, line and trigger, or messages.
func tie(event int, line uint32) string {
	b := []byte("      MSI event")
	switch {
	case event == abi.EventInput && line == 0:
		b = []byte("     none input")
	case line != 0 && runtime.GOARCH == "amd64":
		b = append(append([]byte("  IO-APIC "), decimal(int64(line))...), "-edge"...)
	case line&abi.LineLevel != 0:
		b = append(append([]byte("      GIC "), decimal(int64(line&^abi.LineLevel))...), "-level"...)
	case line != 0:
		b = append(append([]byte("      GIC "), decimal(int64(line))...), "-edge"...)
	}
	return string(b)
}

// interruptLine is that of /proc/stat: all interrupts, and those of each event.
func interruptLine(b []byte) []byte {
	all, last := allInterrupts(), 0
	var events [abi.Events]uint64
	total := sum(all, func(i *abi.Interrupts) uint64 { return i.Timer + i.Between + i.Own + i.Stray })
	for e := range events {
		events[e] = sum(all, func(i *abi.Interrupts) uint64 { return i.Events[e] })
		if total += events[e]; events[e] != 0 {
			last = e
		}
	}
	b = numbers(append(b, "\nintr "...), int64(total))
	for _, n := range events[:last+1] {
		b = numbers(append(b, ' '), int64(n))
	}
	return b
}

// softirqNames are the kinds of Linux's (include/linux/interrupt.h).
var softirqNames = [...]string{"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"}

// procSoftirqs has none: what an interrupt puts off a goroutine does.
func procSoftirqs() []byte {
	n := len(allInterrupts())
	b := processorHeads(spaces(nil, 20), n)
	for _, name := range softirqNames {
		b = append(aligned(b, name, 12), ':')
		for range n {
			b = aligned(append(b, ' '), "0", 10)
		}
		b = append(b, '\n')
	}
	return b
}

// processorHeads appends the heads of columns.
func processorHeads(b []byte, n int) []byte {
	for i := range n {
		number := decimal(int64(i))
		b = spaces(append(append(b, "CPU"...), number...), 8-len(number))
	}
	return append(b, '\n')
}

// aligned appends text at the right of a column.
func aligned(b []byte, text string, width int) []byte {
	return append(spaces(b, width-len(text)), text...)
}

func spaces(b []byte, n int) []byte {
	for range n {
		b = append(b, ' ')
	}
	return b
}
