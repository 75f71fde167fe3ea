// Package usbtest is the other side, for testing class drivers and controllers on any
// host: devices that answer transactions, hubs with ports to plug them into, and a host
// controller that carries them out in the same process.
//
//	bus := usbtest.NewBus(1)
//	mem := usbtest.NewMemory(1 << 20)
//	host := usb.NewHost(usbtest.NewController(bus, mem), mem, t.Logf)
//	host.Start()
//	bus.Plug(1, &usbtest.Device{Speed: usb.High, Descriptor: ..., Configs: ..., Function: f})
//
// What a Function does is written by whoever tests a driver; standard requests, halting
// and data toggles are done here, for all devices.
//
// It may import drivers/dmatest and drivers/usb.
package usbtest

import (
	"sync"
	"sync/atomic"
	"time"

	"yolk/drivers/usb"
)

// A Handshake is a device's answer to a transaction (USB 2.0 8.4.5).
type Handshake uint8

const (
	ACK     Handshake = iota
	NAK               // not now
	STALL             // never
	Silence           // nothing, or nothing that makes sense
)

// A Function is what a device does besides what all devices do. The methods are called
// one at a time, on the controller's goroutine.
type Function interface {
	// Control answers a class or vendor request, or a standard one that [Device] leaves
	// alone. data is what was sent, or to be filled; ok is false to stall.
	Control(s usb.Setup, data []byte) (n int, ok bool)
	// In fills a packet that endpoint ep (1-15) sends.
	In(ep uint8, packet []byte) (int, Handshake)
	// Out takes a packet that was sent to endpoint ep (1-15).
	Out(ep uint8, packet []byte) Handshake
	// Reset is called when the device is reset.
	Reset()
}

// A Device is a USB device, whose exported fields are set by its maker.
type Device struct {
	Speed      usb.Speed
	Descriptor []byte   // device descriptor
	Configs    [][]byte // configuration descriptors with all that belongs to them
	Function   Function
	Strings    []string // from number 1 on
	Excess     int      // bytes that answers of control transfers have more than was asked for

	bus   atomic.Pointer[Bus]
	hub   *Hub // where it is plugged in
	port  int
	below *Hub // the ports it has itself, if it is a hub

	mu         sync.Mutex
	address    uint8
	config     uint8
	alternates map[uint16]uint8
	toggles    map[uint8]bool // by endpoint address: the next data packet is DATA1
	halted     map[uint8]bool
	sent       map[uint8][]byte // by number: packets that were not acknowledged

	setup   usb.Setup // of the control transfer under way
	reply   []byte    // what is left of its answer
	request []byte    // what has come of its data
	length  int
	begun   bool // and not yet at its end
	failed  bool
	latched uint8     // the address that the status stage will set
	ready   time.Time // not before is it spoken to
}

// How long a device is left alone after a reset and after it has got an address (USB 2.0
// 7.1.7.5, 9.2.6.3). One that is not hears nothing.
const (
	afterReset   = 10 * time.Millisecond
	afterAddress = 2 * time.Millisecond
)

// Configuration returns the value of the active configuration, 0 for none.
func (d *Device) Configuration() uint8 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config
}

// Halt halts an endpoint, until the host clears that.
func (d *Device) Halt(address uint8) {
	d.mu.Lock()
	d.halted[address] = true
	d.mu.Unlock()
	d.Kick()
}

// Kick has the controller ask the device again, after a NAK.
func (d *Device) Kick() {
	if bus := d.bus.Load(); bus != nil {
		bus.kick()
	}
}

// reset is a port's reset.
func (d *Device) reset() {
	d.mu.Lock()
	d.address, d.config, d.begun, d.latched = 0, 0, false, 0
	d.alternates = map[uint16]uint8{}
	d.ready = time.Now().Add(afterReset)
	d.unhalt()
	d.mu.Unlock()
	d.Function.Reset()
}

// unhalt is what a configuration does to all endpoints but 0 (USB 2.0 9.1.1.5).
func (d *Device) unhalt() {
	d.toggles = map[uint8]bool{0: d.toggles[0], 0x80: d.toggles[0x80]}
	d.halted, d.sent = map[uint8]bool{}, map[uint8][]byte{}
}

// Setup takes a SETUP transaction, which a device always acknowledges.
func (d *Device) Setup(packet [8]byte) Handshake {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Now().Before(d.ready) {
		d.begun = false
		return Silence
	}
	d.setup, d.length = usb.ParseSetup(packet)
	d.begun, d.failed, d.reply, d.request, d.latched = true, false, nil, nil, 0
	d.toggles[0], d.toggles[0x80] = true, true
	delete(d.sent, 0)
	if d.setup.In() || d.length == 0 {
		d.perform(nil)
	}
	return ACK
}

// In makes a transaction that asks endpoint ep for a packet of at most size bytes, and
// returns its data and toggle: the same again until Acked.
func (d *Device) In(ep uint8, size int) (data []byte, toggle bool, h Handshake) {
	d.mu.Lock()
	defer d.mu.Unlock()
	toggle = d.toggles[ep|0x80]
	data, again := d.sent[ep]
	switch {
	case again:
	case ep == 0:
		data, h = d.controlIn(size)
	case d.halted[ep|0x80]:
		h = STALL
	case d.config == 0:
		h = Silence
	default:
		var n int
		data = make([]byte, size)
		n, h = d.Function.In(ep, data)
		data = data[:n]
		d.halted[ep|0x80] = h == STALL
	}
	if h == ACK {
		d.sent[ep] = data
	}
	return data, toggle, h
}

// Acked says that the host has acknowledged what In returned.
func (d *Device) Acked(ep uint8) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.toggles[ep|0x80] = !d.toggles[ep|0x80]
	delete(d.sent, ep)
}

// Out makes a transaction that sends a packet to endpoint ep. One whose toggle is not
// the device's is acknowledged and dropped (USB 2.0 8.6.4); fresh is then false.
func (d *Device) Out(ep uint8, packet []byte, toggle bool) (h Handshake, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case ep != 0 && d.halted[ep]:
		return STALL, true
	case ep != 0 && d.config == 0:
		return Silence, true
	case toggle != d.toggles[ep]:
		return ACK, false
	case ep == 0:
		h = d.controlOut(packet)
	default:
		h = d.Function.Out(ep, packet)
	}
	switch h {
	case ACK:
		d.toggles[ep] = !d.toggles[ep]
	case STALL:
		d.halted[ep] = true
	}
	return h, true
}

// controlIn is the data stage of a control read, or the status stage of a write.
func (d *Device) controlIn(size int) ([]byte, Handshake) {
	switch {
	case !d.begun || d.failed:
		return nil, STALL
	case d.setup.In():
		if len(d.Descriptor) > 7 {
			size = min(size, int(d.Descriptor[7])) // bMaxPacketSize0
		}
		p := d.reply[:min(size, len(d.reply))]
		d.reply = d.reply[len(p):]
		return p, ACK
	case len(d.request) < d.length:
		return nil, STALL // the host has cut it short
	}
	if d.latched != 0 {
		d.address, d.latched = d.latched, 0
		d.ready = time.Now().Add(afterAddress)
	}
	return nil, ACK
}

// controlOut is the data stage of a control write, or the status stage of a read.
func (d *Device) controlOut(p []byte) Handshake {
	if d.setup.In() || d.failed || !d.begun {
		if d.failed || !d.begun {
			return STALL
		}
		return ACK
	}
	if d.request = append(d.request, p...); len(d.request) >= d.length {
		d.perform(d.request)
	}
	if d.failed {
		return STALL
	}
	return ACK
}
