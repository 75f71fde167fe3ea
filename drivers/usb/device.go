package usb

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf16"
)

// A Device is a device at its place on the bus, from when it came until it leaves. Its
// methods may be called by any goroutine, unless they say otherwise by none that Done
// runs on.
type Device struct {
	host       *Host
	place      string // "1.3": root port 1, port 3 of the hub there
	speed      Speed
	tt         TT
	address    uint8
	descriptor DeviceDescriptor
	config     *Config // the active one
	reconnect  func()  // has the hub look at the port again

	gone chan struct{} // closed when it has left
	over chan struct{} // closed when nothing of it is left

	// Under the host's lock:
	err     error   // nil while it is there
	pipes   []*Pipe // open ones, endpoint 0's first
	claimed [256 / 64]uint64

	control struct {
		gate // one request at a time
		Transfer
		page []byte
		addr uint64
	}
}

// A TT is the transaction translator through which a low-speed or full-speed device
// behind a high-speed hub is reached (USB 2.0 11.14). Hub is 0 for another device.
type TT struct {
	Hub  uint8 // the hub's address
	Port uint8
}

// Descriptor returns what the device says that it is.
func (d *Device) Descriptor() DeviceDescriptor { return d.descriptor }

// Config returns the active configuration. It must not be written to.
func (d *Device) Config() *Config { return d.config }

// Speed returns the device's speed.
func (d *Device) Speed() Speed { return d.speed }

// TT returns the translator that it is reached through.
func (d *Device) TT() TT { return d.tt }

// Address returns the device's address on the bus; 0 before it has one.
func (d *Device) Address() uint8 { return d.address }

// Place returns where the device is plugged in, as numbers of ports from the root hub's
// on: "1.3".
func (d *Device) Place() string { return d.place }

// Memory returns memory for transfers.
func (d *Device) Memory() Memory { return d.host.mem }

// Gone returns a channel that is closed when the device has left.
func (d *Device) Gone() <-chan struct{} { return d.gone }

// String is such as "usb 1.1 (0424:ec00)".
func (d *Device) String() string {
	return fmt.Sprintf("usb %s (%04x:%04x)", d.place, d.descriptor.Vendor, d.descriptor.Product)
}

// Reconnect makes the device leave and come back, with a reset, as if it had been
// unplugged: what to do about one that does not answer any more. It does not wait.
func (d *Device) Reconnect() { d.reconnect() }

// Claim makes another interface of the active configuration the caller's, which is
// attached to one already: no other driver gets it. It is for Attach.
func (d *Device) Claim(number uint8) (*Interface, error) {
	i := d.config.Interface(number)
	if i == nil || !d.claim(number) {
		return nil, fmt.Errorf("%v: interface %d is missing or taken: %w", d, number, ErrDescriptor)
	}
	return i, nil
}

func (d *Device) claim(number uint8) bool {
	d.host.mu.Lock()
	defer d.host.mu.Unlock()
	bit := uint64(1) << (number % 64)
	was := d.claimed[number/64] & bit
	d.claimed[number/64] |= bit
	return was == 0
}

// forget takes a closed pipe off the list. Under the lock.
func (d *Device) forget(p *Pipe) {
	d.pipes = slices.DeleteFunc(d.pipes, func(q *Pipe) bool { return q == p })
	d.host.drained.Broadcast()
}

// MaxControl is the longest data of a control transfer, in bytes: a page, less what the
// request and rounding up to packets take.
const MaxControl = page - 2*Align

const page = 4096

// controlTimeout is how long a request may take if the caller does not care (USB 2.0
// 9.2.6.1).
const controlTimeout = 5 * time.Second

// Control makes a request on endpoint 0 and returns how many bytes of data were moved.
// data is sent or filled, is any memory, and has at most [MaxControl] bytes. timeout 0 is
// five seconds. ErrStall says that the device does not know the request or refuses it;
// that needs no ClearHalt. It blocks: not for the goroutine that Done runs on.
func (d *Device) Control(s Setup, data []byte, timeout time.Duration) (int, error) {
	if len(data) > MaxControl {
		return 0, fmt.Errorf("%v: %v: %w: %d bytes", d, s, ErrBuffer, len(data))
	}
	if timeout == 0 {
		timeout = controlTimeout
	}
	c := &d.control
	c.enter()
	defer c.leave()
	d.host.mu.Lock()
	err, ep0 := d.err, (*Pipe)(nil)
	if err == nil {
		ep0 = d.pipes[0]
	}
	d.host.mu.Unlock()
	if err != nil {
		return 0, fmt.Errorf("%v: %v: %w", d, s, err)
	}
	c.setup, c.setupAddr = c.page[:setupPacketSize], c.addr
	c.Data, c.Addr = c.page[Align:Align+len(data)], c.addr+Align
	c.Timeout = timeout
	s.put(c.setup, len(data))
	if !s.In() {
		copy(c.Data, data)
	}
	n, err := ep0.Do(&c.Transfer)
	if err != nil {
		return n, fmt.Errorf("%v: %v: %w", d, s, err)
	}
	if s.In() {
		copy(data, c.Data[:n])
	}
	return n, nil
}

// SetInterface puts an interface into one of its alternate settings. Pipes to the other
// settings' endpoints must be closed.
func (d *Device) SetInterface(number, setting uint8) error {
	_, err := d.Control(Setup{RequestType: ToInterface, Request: SetInterface, Value: uint16(setting), Index: uint16(number)}, nil, 0)
	return err
}

// Text returns string descriptor i in US English, "" for i 0 (USB 2.0 9.6.7).
func (d *Device) Text(i uint8) (string, error) {
	if i == 0 {
		return "", nil
	}
	const english = 0x0409
	var b [255]byte
	n, err := d.Control(Setup{DirIn, GetDescriptor, DescriptorString<<8 | uint16(i), english}, b[:], 0)
	if err != nil {
		return "", err
	}
	return parseText(b[:n])
}

// parseText reads a string descriptor.
func parseText(b []byte) (string, error) {
	if len(b) < 2 || b[1] != DescriptorString || int(b[0]) > len(b) || b[0] < 2 {
		return "", fmt.Errorf("%w: string descriptor", ErrDescriptor)
	}
	var units []uint16
	for b = b[2:b[0]]; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])|uint16(b[1])<<8)
	}
	return string(utf16.Decode(units)), nil
}

// A gate lets one goroutine in at a time. It is a lock that may be held while time goes
// by, also in tests: one who waits for a sync.Mutex stops their virtual time.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

func (g gate) enter() { g <- struct{}{} }

func (g gate) leave() { <-g }
