package usbtest

import (
	"encoding/binary"
	"sync"

	"yolk/drivers/usb"
)

// A Hub is ports to plug devices into: the root's, or those of a device that NewHub
// makes.
type Hub struct {
	bus    *Bus    // of the root
	device *Device // of another: the hub as a device

	mu    sync.Mutex
	ports []port // from 1
}

type port struct {
	device *Device
	status usb.PortStatus
	change usb.PortChange
}

// Features of ports, for Set and Clear (USB 2.0 table 11-17).
const (
	FeatureEnable = 1
	FeatureReset  = 4
	FeaturePower  = 8
	FeatureChange = 16 // C_PORT_CONNECTION; the other changes follow
)

func newHub(n int, s usb.Speed) *Hub { return &Hub{ports: make([]port, n+1)} }

// NewHub makes a hub with n ports, as a device to plug in and as ports.
func NewHub(s usb.Speed, n int) (*Device, *Hub) {
	h := newHub(n, s)
	size := uint16(n/8 + 1)
	interval := uint8(12)
	if s != usb.High {
		interval = 255
	}
	d := &Device{
		Speed:      s,
		Descriptor: DeviceDescriptor(0x0424, 0x9514, 9, 64),
		Configs: [][]byte{ConfigDescriptor(1,
			InterfaceDescriptor(0, 0, 1, 9, 0, 0), EndpointDescriptor(0x81, usb.Interrupt, size, interval))},
		Function: h,
		below:    h,
	}
	h.device = d
	return d, h
}

func (h *Hub) kick() {
	if h.device != nil {
		h.device.Kick()
	} else {
		h.bus.kick()
	}
}

// Plug plugs a device into a port.
func (h *Hub) Plug(n int, d *Device) {
	h.mu.Lock()
	d.hub, d.port = h, n
	h.ports[n].device = d
	h.ports[n].status |= usb.PortConnected
	h.ports[n].change |= usb.ChangeConnection
	h.mu.Unlock()
	h.join(d)
	h.kick()
}

// join tells a device, and those behind it, which bus it is on.
func (h *Hub) join(d *Device) {
	bus := h.bus
	if h.device != nil {
		bus = h.device.bus.Load()
	}
	d.bus.Store(bus)
	if d.below != nil {
		for _, e := range d.below.plugged() {
			d.below.join(e)
		}
	}
}

func (h *Hub) plugged() (list []*Device) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.ports {
		if d := h.ports[i].device; d != nil {
			list = append(list, d)
		}
	}
	return list
}

// Unplug pulls what is in a port.
func (h *Hub) Unplug(n int) {
	h.mu.Lock()
	p := &h.ports[n]
	p.device = nil
	p.status &= usb.PortPower
	p.change |= usb.ChangeConnection
	h.mu.Unlock()
	h.kick()
}

// each calls f for the devices that enabled ports lead to.
func (h *Hub) each(f func(*Device)) {
	h.mu.Lock()
	var list []*Device
	for i := range h.ports {
		if p := &h.ports[i]; p.device != nil && p.status&usb.PortEnabled != 0 {
			list = append(list, p.device)
		}
	}
	h.mu.Unlock()
	for _, d := range list {
		f(d)
		if d.below != nil {
			d.below.each(f)
		}
	}
}

// Status returns how a port is and what has changed.
func (h *Hub) Status(n int) (usb.PortStatus, usb.PortChange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.ports[n]
	return p.status, p.change
}

// Set is SetPortFeature: it reports whether the hub knows the feature.
func (h *Hub) Set(n int, feature uint16) bool {
	h.mu.Lock()
	p := &h.ports[n]
	d := p.device
	ok := true
	switch feature {
	case FeaturePower:
		p.status |= usb.PortPower
	case FeatureReset:
		if d != nil && p.status&usb.PortPower != 0 {
			p.status |= usb.PortEnabled | speedBits(d.Speed)
			p.change |= usb.ChangeReset
		}
	default:
		ok = false
	}
	h.mu.Unlock()
	if feature == FeatureReset && d != nil {
		d.reset()
	}
	h.kick()
	return ok
}

// Clear is ClearPortFeature.
func (h *Hub) Clear(n int, feature uint16) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.ports[n]
	switch {
	case feature == FeatureEnable:
		p.status &^= usb.PortEnabled
	case feature >= FeatureChange && feature < FeatureChange+5:
		p.change &^= 1 << (feature - FeatureChange)
	default:
		return false
	}
	return true
}

func speedBits(s usb.Speed) usb.PortStatus {
	return map[usb.Speed]usb.PortStatus{usb.Low: usb.PortLowSpeed, usb.High: usb.PortHighSpeed}[s]
}

// Control implements Function with the hub class requests (USB 2.0 11.24.2).
func (h *Hub) Control(s usb.Setup, data []byte) (int, bool) {
	n := int(s.Index & 0xff)
	isPort := s.RequestType&0x1f == usb.ToOther
	if isPort && (n == 0 || n >= len(h.ports)) {
		return 0, false
	}
	switch {
	case s.RequestType&0x60 != usb.TypeClass:
		return 0, false
	case s.Request == usb.GetDescriptor && s.Value>>8 == 0x29:
		return copy(data, []byte{9, 0x29, byte(len(h.ports) - 1), 0x09, 0, 1, 0, 0, 0xff}), true
	case s.Request == usb.GetStatus && isPort:
		status, change := h.Status(n)
		return copy(data, binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(status)), uint16(change))), true
	case s.Request == usb.GetStatus:
		return copy(data, make([]byte, 4)), true
	case s.Request == usb.SetFeature && isPort:
		return 0, h.Set(n, s.Value)
	case s.Request == usb.ClearFeature && isPort:
		return 0, h.Clear(n, s.Value)
	case s.Request == usb.ClearFeature:
		return 0, true
	}
	return 0, false
}

// In implements Function: the status change endpoint, a bit for each port that has
// changed (USB 2.0 11.12.4).
func (h *Hub) In(ep uint8, packet []byte) (int, Handshake) {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(packet)
	any := false
	for n := range h.ports {
		if h.ports[n].change != 0 {
			packet[n/8] |= 1 << (n % 8)
			any = true
		}
	}
	if !any {
		return 0, NAK
	}
	return len(h.ports)/8 + 1, ACK
}

// Out implements Function.
func (h *Hub) Out(uint8, []byte) Handshake { return STALL }

// Reset implements Function: the ports lose their power.
func (h *Hub) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.ports {
		p := &h.ports[i]
		p.status &= usb.PortConnected
		p.change = 0
	}
}
