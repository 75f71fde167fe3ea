package usbnet

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"yolk/drivers/usb"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Why a device stops.
var (
	// ErrGone: the device has left the machine. Restart works again when one of its
	// kind has come.
	ErrGone = errors.New("usbnet: device has left the machine")
	// ErrLost: frames wait in the chip, and the transfer that should bring them does
	// not end.
	ErrLost = errors.New("usbnet: received frames do not arrive")
)

// Sizes of queues, in packets.
const (
	maxQueue     = 4096
	defaultQueue = 64
)

// Device is a USB Ethernet device, a netdev.Driver: one after the other of the same
// kind, as they are plugged in.
type Device struct {
	name string
	mem  usb.Memory
	fall netdev.HardwareAddr // for a chip without an address of its own

	mu  sync.Mutex // of what control calls and plugging do
	fn  *function  // nil while there is none
	id  Identity
	set atomic.Pointer[Settings]

	rx   *rxQueue
	tx   *txQueue
	keep *keeper

	failed atomic.Bool
	cause  atomic.Pointer[error]
	link   atomic.Uint32 // a netdev.LinkState
	events chan struct{} // the link may have changed
	slow   netdev.Counters
}

var _ netdev.Driver = (*Device)(nil)

func newDevice(name string, mem usb.Memory, fall netdev.HardwareAddr) *Device {
	d := &Device{name: name, mem: mem, fall: fall, events: make(chan struct{}, 1)}
	d.rx, d.tx = newRx(d), newTx(d)
	return d
}

// Memory returns the memory of the USB host that the device is on.
func (d *Device) Memory() usb.Memory { return d.mem }

// change makes other settings of those that there are, and returns them. Bursts see the
// old ones or the new ones.
func (d *Device) change(f func(*Settings)) *Settings {
	s := *d.set.Load()
	f(&s)
	d.set.Store(&s)
	return &s
}

func (d *Device) info(offloads netdev.Features) netdev.Info {
	const always = netdev.MTUChange | netdev.Interrupts | netdev.LinkEvents
	return netdev.Info{
		Driver: d.name, MaxRxQueues: 1, MaxTxQueues: 1,
		MTU: d.id.MaxMTU, MinMTU: minMTU, MaxMTU: d.id.MaxMTU,
		IOAlign: 1, MaxTxChain: d.id.MaxTxChain,
		Features: offloads | d.id.Extras | always, Memory: netbuf.Heap, HardwareAddr: d.id.HardwareAddr,
	}
}

// with calls f with what is plugged in, which may leave meanwhile.
func (d *Device) with(f func(*function) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fn == nil {
		return ErrGone
	}
	err := f(d.fn)
	if errors.Is(err, usb.ErrGone) {
		return ErrGone
	}
	return err
}

// wake ends every wait.
func (d *Device) wake() {
	signal(d.events)
	d.rx.Wake()
}

// signal leaves word in a channel for who waits now or next.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// SetHardwareAddr implements netdev.Driver.
func (d *Device) SetHardwareAddr(a netdev.HardwareAddr) error {
	return d.setting(func(s *Settings) { s.HardwareAddr = a })
}

// SetPromiscuous implements netdev.Driver.
func (d *Device) SetPromiscuous(on bool) error {
	return d.setting(func(s *Settings) { s.Promiscuous = on })
}

// SetMulticast implements netdev.Driver.
func (d *Device) SetMulticast(groups []netdev.HardwareAddr) error {
	return d.setting(func(s *Settings) { s.Groups = groups })
}

// SetMTU implements netdev.Driver.
func (d *Device) SetMTU(mtu int) error {
	return d.setting(func(s *Settings) { s.MTU = mtu })
}

func (d *Device) setting(change func(*Settings)) error {
	return d.with(func(f *function) error {
		return f.set(d.change(change))
	})
}

// Link implements netdev.Driver.
func (d *Device) Link() netdev.LinkState {
	if d.failed.Load() {
		return netdev.LinkDown
	}
	return netdev.LinkState(d.link.Load())
}

// WaitLink implements netdev.Driver.
func (d *Device) WaitLink() { <-d.events }

// setLink records the state of the link, and tells who waits for that.
func (d *Device) setLink(up bool) {
	now := netdev.LinkDown
	if up {
		now = netdev.LinkUp
	}
	if netdev.LinkState(d.link.Swap(uint32(now))) != now {
		signal(d.events)
	}
}

// stop makes bursts report netdev.Stopped, with the first of several causes in Err.
// What ends because it was asked to is none.
func (d *Device) stop(cause error) {
	if errors.Is(cause, usb.ErrCanceled) || errors.Is(cause, usb.ErrClosed) {
		return
	}
	if errors.Is(cause, usb.ErrGone) {
		cause = ErrGone
	}
	if !d.cause.CompareAndSwap(nil, &cause) {
		return
	}
	if cause != ErrGone {
		d.slow.DeviceErrors.Add(1)
	}
	d.failed.Store(true)
	d.wake()
}

// Err implements netdev.Driver.
func (d *Device) Err() error {
	if p := d.cause.Load(); p != nil && d.failed.Load() {
		return *p
	}
	return nil
}

// Stats implements netdev.Driver.
func (d *Device) Stats() (s netdev.Stats) {
	for _, c := range []*netdev.Counters{&d.slow, &d.rx.counters, &d.tx.counters} {
		c.AddTo(&s)
	}
	return s
}

// patience is how long a transfer that sends may take, and how often the keeper looks
// for received frames that do not arrive.
const patience = time.Second
