package usbtest

import (
	"sync"

	"yolk/drivers/usb"
)

// Loopback is a Function that returns on endpoint IN 1 what was sent to OUT 2, packet by
// packet, and says by interrupt endpoint 3 how many that were. A transfer that it
// withholds waits until Kick.
type Loopback struct {
	mu      sync.Mutex
	packets [][]byte
	count   byte
	told    byte
	hold    bool
}

// Vendor and product of a Loopback's device.
const (
	LoopbackVendor  = 0x1209
	LoopbackProduct = 0x0001
)

// NewLoopback makes one, as a device to plug in.
func NewLoopback(s usb.Speed) (*Device, *Loopback) {
	size := map[usb.Speed]uint16{usb.Full: 64, usb.High: 512}[s]
	l := &Loopback{}
	return &Device{
		Speed:      s,
		Descriptor: DeviceDescriptor(LoopbackVendor, LoopbackProduct, 0, 64),
		Configs: [][]byte{ConfigDescriptor(1,
			InterfaceDescriptor(0, 0, 3, 0xff, 0, 0),
			EndpointDescriptor(0x81, usb.Bulk, size, 0),
			EndpointDescriptor(0x02, usb.Bulk, size, 0),
			EndpointDescriptor(0x83, usb.Interrupt, 8, 4))},
		Function: l,
		Strings:  []string{"Yolk", "Löopback"},
	}, l
}

// Hold makes OUT 2 take nothing, or again all.
func (l *Loopback) Hold(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hold = on
}

// Control implements Function: a vendor request returns what it sent, bytes inverted.
func (l *Loopback) Control(s usb.Setup, data []byte) (int, bool) {
	if s.RequestType&0x60 != usb.TypeVendor {
		return 0, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !s.In() {
		l.packets = append(l.packets, append([]byte(nil), data...))
		return 0, true
	}
	if len(l.packets) == 0 {
		return 0, false
	}
	n := copy(data, l.packets[0])
	l.packets = l.packets[1:]
	for i := range data[:n] {
		data[i] ^= 0xff
	}
	return n, true
}

// In implements Function.
func (l *Loopback) In(ep uint8, packet []byte) (int, Handshake) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ep == 3 && l.count != l.told {
		l.told = l.count
		packet[0] = l.count
		return 1, ACK
	}
	if ep != 1 || len(l.packets) == 0 {
		return 0, NAK
	}
	n := copy(packet, l.packets[0])
	l.packets = l.packets[1:]
	return n, ACK
}

// Out implements Function.
func (l *Loopback) Out(ep uint8, packet []byte) Handshake {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ep != 2 || l.hold {
		return NAK
	}
	l.packets = append(l.packets, append([]byte(nil), packet...))
	l.count++
	return ACK
}

// Reset implements Function.
func (l *Loopback) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.packets, l.count, l.told, l.hold = nil, 0, 0, false
}
