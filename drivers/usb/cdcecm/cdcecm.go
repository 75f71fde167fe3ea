// Package cdcecm drives USB Ethernet devices of the communication device class's
// Ethernet model (ECM): adapters, phones, and QEMU's usb-net. Package usbnet makes a
// netdev.Driver of it.
//
// A transfer is a frame, so that each costs what a transfer costs; nothing is summed.
//
// Sources: USB Class Definitions for Communication Devices 1.2 ("CDC"), and its
// Subclass Specification for Ethernet Control Model Devices 1.2 ("ECM").
//
// It may import drivers/usb and netdev.
package cdcecm

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"yolk/drivers/usb"
	"yolk/drivers/usb/usbnet"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

func init() {
	const communications, ethernetModel = 2, 6
	usb.Register(&usb.Driver{
		Name:   "cdc-ecm",
		Match:  []usb.Match{usb.ByClass(communications, ethernetModel, 0)},
		Attach: attach,
	})
}

// A class request (ECM 6.2.4) and notifications (ECM 6.3).
const (
	setPacketFilter   = 0x43
	filterPromiscuous = 1 << 0
	filterAllMulti    = 1 << 1
	filterDirected    = 1 << 2
	filterBroadcast   = 1 << 3
	filterMulticast   = 1 << 4

	notification      = 0xa1
	networkConnection = 0x00
	notificationBytes = 8
)

// Sizes.
const (
	headerBytes   = 14
	minMTU        = 68
	maxMTU        = 1500
	transferBytes = 2048 // a frame and more: a transfer ends before it is full
	transfers     = 16
	maxChain      = 64
)

// function is an Ethernet function; it implements usbnet.Chip.
type function struct {
	usb     *usb.Device
	control uint8 // numbers of its interfaces
	about
	setting uint8 // of the data interface: the one with endpoints
	mac     netdev.HardwareAddr
	down    atomic.Bool // it has said so; many say nothing when there is a link
}

var _ usbnet.Chip = (*function)(nil)

func attach(d *usb.Device, i *usb.Interface) (usb.Binding, error) {
	f := &function{usb: d, control: i.Number}
	var err error
	if f.about, err = parse(i.Alternates[0].Extra); err != nil {
		return nil, err
	}
	data, err := d.Claim(f.data)
	if err != nil {
		return nil, err
	}
	text, err := d.Text(f.about.mac)
	if err != nil {
		return nil, err
	}
	f.mac = address(text)
	for _, a := range data.Alternates {
		in, out := a.Find(usb.Bulk, true), a.Find(usb.Bulk, false)
		if in == nil || out == nil {
			continue
		}
		f.setting = a.Setting
		p, err := f.open(in, out, i.Alternates[0].Find(usb.Interrupt, true))
		if err != nil {
			return nil, err
		}
		return usbnet.Attach(d, "cdc-ecm", f, p, netdev.HardwareAddr{0x02, 'y', 'o', 'l', 'k', 1}), nil
	}
	return nil, fmt.Errorf("%w: no setting of interface %d has bulk endpoints", usb.ErrDescriptor, f.data)
}

// open makes the pipes. notice may be nil: a function need not have one (ECM 5.3).
func (f *function) open(in, out, notice *usb.Endpoint) (p usbnet.Pipes, err error) {
	if err := f.usb.SetInterface(f.data, f.setting); err != nil {
		return p, err
	}
	if p.In, err = f.usb.Open(*in); err != nil {
		return p, err
	}
	if p.Out, err = f.usb.Open(*out); err != nil || notice == nil {
		return p, err
	}
	p.Notice, err = f.usb.Open(notice.Slower(f.usb.Speed(), usbnet.NoticeEvery))
	return p, err
}

// Reset implements usbnet.Chip. There is nothing to reset but what passes the filter.
func (f *function) Reset() (usbnet.Identity, error) {
	sizes := usbnet.Sizes{Count: transfers, Bytes: transferBytes}
	return usbnet.Identity{
		HardwareAddr: f.mac, Extras: netdev.PromiscuousMode | netdev.LinkStatus,
		Rx: sizes, Tx: sizes, MaxTxChain: maxChain, MaxMTU: min(maxMTU, f.segment-headerBytes),
	}, f.filter(0)
}

// filter has frames pass.
func (f *function) filter(mask uint16) error {
	_, err := f.usb.Control(usb.Setup{
		RequestType: usb.TypeClass | usb.ToInterface, Request: setPacketFilter, Value: mask, Index: uint16(f.control),
	}, nil, 0)
	return err
}

// Start implements usbnet.Chip.
func (f *function) Start(s *usbnet.Settings) error { return f.Set(s) }

// Set implements usbnet.Chip.
func (f *function) Set(s *usbnet.Settings) error {
	mask := uint16(filterDirected | filterBroadcast | filterMulticast | filterAllMulti)
	if s.Promiscuous {
		mask |= filterPromiscuous
	}
	return f.filter(mask)
}

// Stop implements usbnet.Chip: nothing ends a transfer that waits.
func (f *function) Stop() bool { return false }

// Notice implements usbnet.Chip.
func (f *function) Notice(p []byte) bool {
	if len(p) < notificationBytes || p[0] != notification || p[1] != networkConnection {
		return false
	}
	f.down.Store(binary.LittleEndian.Uint16(p[2:]) == 0)
	return true
}

// Link implements usbnet.Chip.
func (f *function) Link() (bool, error) { return !f.down.Load(), nil }

// Waiting implements usbnet.Chip: nobody can ask.
func (f *function) Waiting() (bool, error) { return false, nil }

// Unpack implements usbnet.Chip: a transfer is a frame.
func (f *function) Unpack(_ *usbnet.Settings, frame []byte, bufs []*netbuf.Buf, t *usbnet.Tally) ([]byte, int) {
	if len(frame) < headerBytes || len(frame) > bufs[0].Tailroom() {
		t.Bad++
		return nil, 0
	}
	copy(bufs[0].Append(len(frame)), frame)
	t.Packets++
	t.Bytes += len(frame)
	return nil, 1
}

// Pack implements usbnet.Chip.
func (f *function) Pack(s *usbnet.Settings, transfer []byte, used int, bufs []*netbuf.Buf, t *usbnet.Tally) (int, int) {
	for n, b := range bufs {
		length, ok := s.Sendable(b, maxChain)
		if !ok {
			t.Bad++
			continue
		}
		if used > 0 {
			return used, n
		}
		usbnet.Copy(transfer, b)
		used = length
		t.Packets++
		t.Bytes += length
	}
	return used, len(bufs)
}
