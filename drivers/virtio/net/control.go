package net

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"yolk/drivers/virtio"
	"yolk/netdev"
)

// Errors of control commands.
var (
	ErrRefused = errors.New("virtio-net: device refused a control command")
	ErrSilent  = errors.New("virtio-net: device did not answer a control command")
)

// Commands (5.1.6.5): class and number.
const (
	classRx    = 0 // VIRTIO_NET_CTRL_RX
	rxPromisc  = 0
	rxAllMulti = 1
	classMAC   = 1 // VIRTIO_NET_CTRL_MAC
	macAddrSet = 1
	classMQ    = 4 // VIRTIO_NET_CTRL_MQ
	mqPairsSet = 0

	ackOK = 0 // VIRTIO_NET_OK
)

const (
	controlSize   = 4 // descriptors: a command takes two
	controlBuffer = 64
	// controlTimeout is far more than any device needs; the commands are few.
	controlTimeout = time.Second
)

// control is the control queue. Commands are given one at a time and waited for.
//
//	buffer: | class u8 | number u8 | data ... | acknowledgement u8, the last byte |
type control struct {
	mu     sync.Mutex
	ring   virtio.Ring[*byte] // nil tokens, as in package rng
	memory ringMemory
	buffer ringMemory
}

// makeControl makes the control queue if there is one.
func (d *Device) makeControl() (err error) {
	c := &d.control
	if d.agreed&featCtrl == 0 {
		return nil
	}
	limit := d.t.MaxQueueSize(d.controlNumber())
	if limit < controlSize {
		return fmt.Errorf("%w: control queue of size %d", virtio.ErrNoQueue, limit)
	}
	if c.ring, err = makeRing[*byte](d, &c.memory, d.mem, d.controlNumber(), controlSize, 0); err != nil {
		return err
	}
	c.ring.DisableInterrupt()
	return c.buffer.allocate(d.mem, controlBuffer, 64)
}

// command gives a command with its data and waits for the acknowledgement.
func (d *Device) command(class, number byte, data ...byte) error {
	d.control.mu.Lock()
	defer d.control.mu.Unlock()
	err := d.exchange(append([]byte{class, number}, data...))
	if err != nil {
		return fmt.Errorf("%w (class %d, number %d)", err, class, number)
	}
	return nil
}

// exchange gives a command, class and number first, and waits for the device's
// verdict; control.mu is held.
func (d *Device) exchange(command []byte) error {
	c := &d.control
	var done [1]*byte
	var written [1]uint32
	// A late answer, which nobody waits for any more. Before it has come the buffer
	// is the device's, and the answer would be taken for this command's.
	if c.ring.InFlight() > 0 && c.ring.Used(done[:], written[:]) == 0 {
		return d.silence()
	}
	b := c.buffer.mem
	n := copy(b[:controlBuffer-1], command)
	ack := &b[controlBuffer-1]
	*ack = 0xff
	segs := []virtio.Segment{virtio.Out(c.buffer.addr, uint32(n)), virtio.In(c.buffer.addr+controlBuffer-1, 1)}
	if !c.ring.AddChain(segs, nil) {
		return d.silence()
	}
	if c.ring.Publish() {
		d.t.Notify(d.controlNumber())
	}
	for deadline := time.Now().Add(controlTimeout); c.ring.Used(done[:], written[:]) == 0; runtime.Gosched() {
		if err := d.silence(); err != ErrSilent || time.Now().After(deadline) {
			return err
		}
	}
	if written[0] != 1 || *ack != ackOK {
		return ErrRefused
	}
	return nil
}

// silence is why there is no answer on the control queue: the device has broken it,
// and so failed, or just does not answer.
func (d *Device) silence() error {
	if err := d.control.ring.Err(); err != nil {
		d.fail(&d.slow, err)
		return err
	}
	return ErrSilent
}

// setPairs makes the device use n queue pairs (5.1.6.5.5); it starts with one.
func (d *Device) setPairs(n int) error {
	if d.agreed&featMQ == 0 {
		return nil
	}
	return d.command(classMQ, mqPairsSet, binary.LittleEndian.AppendUint16(nil, uint16(n))...)
}

// settings are what a device was told and forgets when it is reset.
type settings struct {
	promiscuous *bool
	addr        *netdev.HardwareAddr
}

// apply tells the device again.
func (s *settings) apply(d *Device) error {
	if s.promiscuous != nil {
		if err := d.SetPromiscuous(*s.promiscuous); err != nil {
			return err
		}
	}
	if s.addr != nil {
		return d.SetHardwareAddr(*s.addr)
	}
	return nil
}

// SetMulticast implements netdev.Driver: all multicasts are delivered.
func (d *Device) SetMulticast([]netdev.HardwareAddr) error { return netdev.ErrUnsupported }

// SetPromiscuous implements netdev.Driver. A device that filters would drop
// multicasts that it has no list of, so it is told to deliver them all.
func (d *Device) SetPromiscuous(on bool) error {
	flag := byte(1)
	if !on {
		flag = 0
		if err := d.command(classRx, rxAllMulti, 1); err != nil {
			return err
		}
	}
	err := d.command(classRx, rxPromisc, flag)
	if err == nil {
		d.set.promiscuous = &on
	}
	return err
}

// SetHardwareAddr implements netdev.Driver. Legacy devices without a command for
// it take the address in their configuration, byte by byte (5.1.4.3).
func (d *Device) SetHardwareAddr(a netdev.HardwareAddr) error {
	if d.agreed&featCtrlMAC == 0 {
		for i, b := range a {
			d.t.Config().Write8(cfgMAC+uint32(i), b)
		}
	} else if err := d.command(classMAC, macAddrSet, a[:]...); err != nil {
		return err
	}
	d.set.addr = &a
	return nil
}

// SetMTU implements netdev.Driver: longer packets are refused. The device does
// not care; it said what it can take.
func (d *Device) SetMTU(mtu int) error {
	d.longest.Store(int64(mtu + ethernetBytes + vlanBytes))
	return nil
}
