package usb

// Memory hands out memory that the controller can reach: n zeroed bytes, contiguous
// and aligned in physical address space, and the address there. (Any netbuf.Memory is
// one.)
type Memory interface {
	Alloc(n, align int) (mem []byte, addr uint64, err error)
	Free(mem []byte, addr uint64)
}

// Align is what buffers that devices fill begin at a multiple of, and what no one else
// may write to up to their end: the largest cache line. Buffers that are sent begin at
// a multiple of 4.
const Align = 64

// A Controller is a host controller: its root hub, and transactions. The Host calls
// Start before all else and Shutdown at the end, waits with Wait on one goroutine, and
// calls the other methods one at a time under a lock of its own: they do not block or
// allocate, and report by [Transfer.End].
type Controller interface {
	// Init resets the controller and makes it ready; the ports have no power yet.
	Init() error
	// Wait blocks until Service may have something to do, Wake was called or the
	// controller was shut down. It may return without a reason.
	Wait()
	// Wake ends a Wait, the next one if there is none now.
	Wake()
	// Shutdown stops the controller for good: it touches no memory any more, and every
	// Wait returns at once.
	Shutdown()

	// Service takes what the controller has to say.
	Service()
	// Open makes a pipe ready. The pipe's HC field is the controller's.
	Open(*Pipe) error
	// Close gives back what Open took. Nothing is under way on the pipe.
	Close(*Pipe)
	// Begin starts a transfer, the only one of its pipe. The pipe's device address and
	// packet size may have changed since the last one. The transfer ends by End,
	// in Begin or later.
	Begin(*Transfer)
	// Stop makes a transfer end soon, with ErrCanceled if it has not otherwise
	// before, whatever the device does.
	Stop(*Transfer)
	// ResetToggle makes the pipe's next data packet DATA0 (USB 2.0 8.6).
	ResetToggle(*Pipe)

	// Root returns the root hub's ports. Not under the lock.
	Root() Ports
}

// Ports are a hub's. They are numbered from 1. The methods may block, and return
// ErrGone when the hub has left; one goroutine uses them.
type Ports interface {
	Count() int
	// Power switches a port's power on, and returns when it is good.
	Power(port int) error
	// Status returns how a port is and what has changed.
	Status(port int) (PortStatus, PortChange, error)
	// Acknowledge clears changes.
	Acknowledge(port int, c PortChange) error
	// Reset starts the reset of a port; that it has ended is a change, ChangeReset.
	// The port is then enabled if there is a device.
	Reset(port int) error
	// Disable keeps a port's device from hearing anything.
	Disable(port int) error
	// Wait blocks until a port may have changed or Wake was called.
	Wait() error
	// Wake ends a Wait, the next one if there is none now. Any goroutine may call it.
	Wake()
}

// PortStatus is how a port is, as hubs say it (USB 2.0 11.24.2.7.1).
type PortStatus uint16

const (
	PortConnected   PortStatus = 1 << 0
	PortEnabled     PortStatus = 1 << 1
	PortSuspended   PortStatus = 1 << 2
	PortOverCurrent PortStatus = 1 << 3
	PortReset       PortStatus = 1 << 4
	PortPower       PortStatus = 1 << 8
	PortLowSpeed    PortStatus = 1 << 9
	PortHighSpeed   PortStatus = 1 << 10
)

// Speed returns that of the port's device.
func (s PortStatus) Speed() Speed {
	switch {
	case s&PortHighSpeed != 0:
		return High
	case s&PortLowSpeed != 0:
		return Low
	}
	return Full
}

// PortChange is what has changed, as hubs say it (USB 2.0 11.24.2.7.2).
type PortChange uint16

const (
	ChangeConnection  PortChange = 1 << 0
	ChangeEnable      PortChange = 1 << 1 // the hub has disabled the port
	ChangeSuspend     PortChange = 1 << 2
	ChangeOverCurrent PortChange = 1 << 3
	ChangeReset       PortChange = 1 << 4 // a reset has ended
)
