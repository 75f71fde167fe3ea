// Package hub is the driver of USB hubs: power, reset and status of their ports, told of
// changes by the status change endpoint, never by asking in turns. What happens at a
// port is package usb's, the same as for the root hub.
//
// Source: USB 2.0, chapter 11.
//
// It may import drivers/usb.
package hub

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"yolk/drivers/usb"
)

func init() {
	usb.Register(&usb.Driver{
		Name: "hub",
		Match: []usb.Match{
			usb.ByClass(9, 0, 0), // full speed, or one transaction translator
			usb.ByClass(9, 0, 1), // a translator for each port, as one in setting 0
		},
		Attach: attach,
	})
}

// Requests and features (USB 2.0 tables 11-16 and 11-17).
const (
	descriptorHub = 0x29

	portEnable  = 1
	portReset   = 4
	portPower   = 8
	changeFirst = 16 // C_PORT_CONNECTION, and the other changes by their bits

	localPower = 0 // C_HUB_LOCAL_POWER; C_HUB_OVER_CURRENT follows

	toPort = usb.TypeClass | usb.ToOther
	toHub  = usb.TypeClass | usb.ToDevice
)

// patience is how long a request to a hub may take; hubs answer at once.
const patience = time.Second

// A hub is a device's ports.
type hub struct {
	dev    *usb.Device
	ports  int
	good   time.Duration // from power on to power good
	events *usb.Pipe
	status usb.Transfer // of the status change endpoint
	own    atomic.Bool  // the hub itself has changed
	wake   chan struct{}
	over   <-chan struct{} // closed when the ports are not served any more
}

// attach implements usb.Driver.
func attach(d *usb.Device, i *usb.Interface) (usb.Binding, error) {
	h := &hub{dev: d, wake: make(chan struct{}, 1)}
	if err := h.read(); err != nil {
		return nil, err
	}
	e := i.Alternates[0].Find(usb.Interrupt, true)
	if e == nil {
		return nil, fmt.Errorf("%v: %w: a hub without a status change endpoint", d, usb.ErrDescriptor)
	}
	var err error
	if h.events, err = d.Open(*e); err != nil {
		return nil, err
	}
	// One packet has a bit for each port.
	if h.status.Data, h.status.Addr, err = d.Memory().Alloc(int(e.MaxPacket), usb.Align); err != nil {
		h.events.Close()
		return nil, err
	}
	h.status.Done = h.changed
	h.over = d.ServePorts(h)
	return h, nil
}

// read reads the hub's descriptor (USB 2.0 11.23.2.1).
func (h *hub) read() error {
	var b [7]byte // without what grows with the ports
	n, err := h.dev.Control(usb.Setup{RequestType: usb.DirIn | toHub, Request: usb.GetDescriptor, Value: descriptorHub << 8}, b[:], patience)
	if err != nil {
		return err
	}
	if h.ports, h.good, err = parse(b[:n]); err != nil {
		return fmt.Errorf("%v: %w", h.dev, err)
	}
	return nil
}

// parse returns a hub descriptor's number of ports and its time to power good.
func parse(b []byte) (ports int, good time.Duration, err error) {
	if len(b) < 7 || b[0] < 7 || b[1] != descriptorHub || b[2] == 0 {
		return 0, 0, fmt.Errorf("%w: hub descriptor % x", usb.ErrDescriptor, b)
	}
	return int(b[2]), 2 * time.Millisecond * time.Duration(b[5]), nil
}

// Detach implements usb.Binding.
func (h *hub) Detach() {
	h.Wake()
	<-h.over
	h.events.Close()
	h.dev.Memory().Free(h.status.Data, h.status.Addr)
}

// The other methods implement usb.Ports.

func (h *hub) Count() int { return h.ports }

func (h *hub) Power(port int) error {
	if err := h.set(port, portPower); err != nil {
		return err
	}
	if port == h.ports { // they become good together
		time.Sleep(h.good)
	}
	return nil
}

func (h *hub) Reset(port int) error { return h.set(port, portReset) }

func (h *hub) Disable(port int) error { return h.clear(port, portEnable) }

func (h *hub) Status(port int) (usb.PortStatus, usb.PortChange, error) {
	var b [4]byte
	get := usb.Setup{RequestType: usb.DirIn | toPort, Request: usb.GetStatus, Index: uint16(port)}
	n, err := h.dev.Control(get, b[:], patience)
	if err != nil {
		return 0, 0, err
	}
	if n < len(b) {
		return 0, 0, fmt.Errorf("%v: %w: port status of %d bytes", h.dev, usb.ErrDescriptor, n)
	}
	le := binary.LittleEndian
	return usb.PortStatus(le.Uint16(b[:])), usb.PortChange(le.Uint16(b[2:])), nil
}

func (h *hub) Acknowledge(port int, c usb.PortChange) error {
	for i := range uint16(5) {
		if c>>i&1 == 0 {
			continue
		}
		if err := h.clear(port, changeFirst+i); err != nil {
			return err
		}
	}
	return nil
}

func (h *hub) set(port int, feature uint16) error {
	return h.request(toPort, usb.SetFeature, feature, uint16(port))
}

func (h *hub) clear(port int, feature uint16) error {
	return h.request(toPort, usb.ClearFeature, feature, uint16(port))
}

func (h *hub) request(kind, request uint8, value, index uint16) error {
	_, err := h.dev.Control(usb.Setup{RequestType: kind, Request: request, Value: value, Index: index}, nil, patience)
	return err
}
