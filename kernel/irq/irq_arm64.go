package irq

import (
	"math/bits"
	"sync/atomic"

	"yolk/kernel/abi"
	"yolk/kernel/chip/gic"
	"yolk/kernel/machine"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
)

const maxEvents = abi.Events

// Level is abi.LineLevel.
const Level = abi.LineLevel

// Timer is the interrupt of each CPU's timer; set at boot.
var Timer = gic.FirstPPI + 11

// A line's events are a chain, because devices may share a line.
var (
	firstOf [gic.MaxLine]atomic.Uint32 // by line: event + 1, 0 for none
	nextOf  [maxEvents]atomic.Uint32   // by event: the next on its line, likewise
)

// causeLine is the line of each cause, 0 for none.
var causeLine [causes]int

func (c Causes) route(line int) bool {
	n := line &^ Level
	if n < gic.FirstSPI || n >= machine.This.Lines() {
		return false
	}
	causeLine[bits.TrailingZeros8(uint8(c))] = n
	machine.This.Enable(n, line&Level != 0)
	return true
}

// Served opens the lines of c again, whose causes have been cleared.
func (c Causes) Served() {
	for i, line := range causeLine {
		if c>>i&1 != 0 {
			machine.This.Unmask(line)
		}
	}
}

// own returns the cause that a line is of, 0 for a driver's.
func own(line int) Causes {
	for i := range causeLine {
		if causeLine[i] == line {
			return 1 << i
		}
	}
	return 0
}

// Interrupt is the top half of every interrupt. It returns the causes that the caller
// has to serve.
func Interrupt() (found Causes) {
	for {
		line, token := machine.This.Acknowledge()
		switch {
		case line >= gic.MaxLine:
			return found
		case line == Timer:
			taken().Timer++
			sched.Tick() // lowers the line
			machine.This.Served(token)
		case line < gic.FirstPPI:
			machine.This.Served(token)
			taken().Between++
			smp.Interrupt()
		case own(line) != 0:
			machine.This.Mask(line)
			machine.This.Served(token)
			taken().Own++
			found |= own(line)
		default:
			device(line, token)
		}
	}
}

// device signals the events of a line. One that keeps its level, or that nobody
// waits for, is masked.
func device(line int, token uint32) {
	first := firstOf[line].Load()
	if first == 0 || lineOf[first-1].Load()&Level != 0 {
		machine.This.Mask(line)
	}
	machine.This.Served(token)
	if first == 0 {
		taken().Stray++
	}
	for e := first; e != 0; e = nextOf[e-1].Load() {
		Event(e - 1).Signal()
	}
}

// route is Route with a line of the interrupt controller, Level included.
func (e Event) route(line int) bool {
	n := line &^ Level
	if n < gic.FirstSPI || n >= machine.This.Lines() {
		return false
	}
	e.tie(line)
	return true
}

// tie makes the line signal e.
func (e Event) tie(line int) {
	n := line &^ Level
	lineOf[e].Store(uint32(line))
	nextOf[e].Store(firstOf[n].Load())
	firstOf[n].Store(uint32(e) + 1)
	machine.This.Enable(n, line&Level != 0)
}

// messages are what devices write to signal events, and where.
var messages [maxEvents]struct {
	addr uint64
	data uint32
}

// message is Message, with the processor's name. GICv3's translation service has no driver.
func (e Event) message(name uint32) (addr uint64, data uint32, ok bool) {
	m := &messages[e]
	if m.addr == 0 {
		line, addr, data, ok := machine.This.NewMessage()
		if !ok {
			return 0, 0, false
		}
		m.addr, m.data = addr, data
		e.tie(line)
	}
	machine.This.Direct(int(lineOf[e].Load()), name)
	return m.addr, m.data, true
}

// Open opens a level-triggered line again, whose cause the driver has cleared.
// Where another device still holds the line, it interrupts again.
func (e Event) Open() {
	if line := lineOf[e].Load(); line&Level != 0 {
		machine.This.Unmask(int(line &^ Level))
	}
}
