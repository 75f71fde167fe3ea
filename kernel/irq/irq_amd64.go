package irq

import (
	"github.com/usbarmory/tamago/soc/intel/ioapic"

	"yolk/kernel/chip/lapic"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
)

// Vectors. Those of events follow the timer's.
const (
	VectorTimer    = 32
	vectorCause    = 32 // plus a cause's bit
	vectorEvent    = 35
	VectorSpurious = 255

	maxEvents = smp.Vector - vectorEvent
)

// Interrupt is the top half of every vector. It returns the cause that the caller
// has to serve.
func Interrupt(vector int) Causes {
	switch {
	case vector == VectorTimer:
		lapic.End()
		taken().Timer++
		sched.Tick()
	case vector == smp.Vector:
		lapic.End()
		taken().Between++
		smp.Interrupt()
	case vector == VectorSpurious: // SDM 3A, 11.9: no EOI
	case vector < vectorEvent:
		lapic.End()
		taken().Own++
		return Causes(vector - vectorCause)
	case vector-vectorEvent <= int(events.Load()):
		lapic.End()
		Event(vector - vectorEvent).Signal()
	default:
		lapic.End()
		taken().Stray++
	}
	return 0
}

// IOAPICBase is where QEMU, and every PC with one I/O APIC, has it; a second
// one (microvm) follows 64 KiB above. The kernel maps both at boot.
const (
	IOAPICBase   = 0xfec00000
	IOAPIC2Base  = 0xfec10000
	ioapic2First = 24
)

var (
	chip  = ioapic.IOAPIC{Base: IOAPICBase}
	chip2 = ioapic.IOAPIC{Index: 1, Base: IOAPIC2Base, GSIBase: ioapic2First}
)

// Lines are global system interrupts.
func (e Event) route(gsi int) bool {
	ok := route(gsi, vectorEvent+int(e))
	if ok {
		lineOf[e].Store(uint32(gsi))
	}
	return ok
}

func (c Causes) route(gsi int) bool { return route(gsi, vectorCause+int(c)) }

// Served ends c's interrupt; there is nothing to do for edges.
func (c Causes) Served() {}

// route makes a global system interrupt, edge-triggered, arrive as a vector: a device
// whose line stays up is asked again by its driver, which clears the cause before it
// looks for work. The I/O APIC's registers are reached by an index and a window:
// one caller at a time.
func route(gsi, vector int) bool {
	switch {
	case gsi < 0 || gsi >= 2*ioapic2First:
		return false
	case gsi >= ioapic2First:
		chip2.EnableInterrupt(gsi, vector)
	default:
		chip.EnableInterrupt(gsi, vector)
	}
	return true
}

// Open has nothing to do for interrupts that are edges.
func (e Event) Open() {}

// everybody is the name that a message of 8 bits has for all processors.
const everybody = 0xff

// message is for the processor of a name (SDM 3A, 11.11: fixed delivery, edge), or for
// the boot processor if it has more bits than a message has room for.
func (e Event) message(name uint32) (addr uint64, data uint32, ok bool) {
	if name >= everybody {
		name = 0
	}
	return 0xfee00000 | uint64(name)<<12, uint32(vectorEvent + int(e)), true
}
