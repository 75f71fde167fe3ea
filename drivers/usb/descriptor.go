package usb

import (
	"fmt"
	"math/bits"
	"time"
)

// A Speed is a device's signalling rate.
type Speed uint8

const (
	Low  Speed = iota // 1.5 Mbit/s
	Full              // 12 Mbit/s
	High              // 480 Mbit/s
)

func (s Speed) String() string { return [...]string{"low", "full", "high"}[s] + " speed" }

// A Type is how an endpoint transfers (USB 2.0 9.6.6, bmAttributes bits 0-1).
type Type uint8

const (
	Control Type = iota
	Isochronous
	Bulk
	Interrupt
)

func (t Type) String() string {
	return [...]string{"control", "isochronous", "bulk", "interrupt"}[t]
}

// A DeviceDescriptor says what a device is (USB 2.0 9.6.1).
type DeviceDescriptor struct {
	USB                       uint16 // release of the specification, 0x0200
	Class, Subclass, Protocol uint8
	MaxPacket0                uint8  // of endpoint 0, bytes: 8, 16, 32 or 64
	Vendor, Product, Release  uint16 // Release is in BCD
	ManufacturerName          uint8  // numbers of string descriptors, 0 for none
	ProductName               uint8
	SerialNumber              uint8
	Configs                   uint8 // how many there are
}

// A Config is a configuration with all that belongs to it (USB 2.0 9.6.3).
type Config struct {
	Value      uint8  // for SET_CONFIGURATION
	Attributes uint8  // bit 6: self-powered, 5: remote wake-up
	MaxPower   uint16 // from the bus, mA
	Interfaces []Interface
}

// An Interface is one function of a device or a part of one, in the alternate
// settings it has: at least one, setting 0 first if the device keeps to the rules.
type Interface struct {
	Number     uint8
	Alternates []Alternate
}

// An Alternate is an interface in one of its settings (USB 2.0 9.6.5).
type Alternate struct {
	Setting                   uint8
	Class, Subclass, Protocol uint8
	Name                      uint8 // number of a string descriptor, 0 for none
	Endpoints                 []Endpoint
	Extra                     []byte // class-specific descriptors after the interface's, unchecked
}

// An Endpoint is one end of a pipe (USB 2.0 9.6.6).
type Endpoint struct {
	Address   uint8 // bit 7: IN; bits 0-3: number
	Type      Type
	MaxPacket uint16 // bytes
	Mult      uint8  // transactions in a microframe, 1-3; periodic high-speed endpoints only
	// Interval is bInterval: how often an interrupt endpoint is asked, in frames, or
	// 2^(Interval-1) microframes at high speed. See Slower.
	Interval uint8
	Extra    []byte // class-specific descriptors after the endpoint's, unchecked
}

// In reports whether the endpoint sends to the host.
func (e *Endpoint) In() bool { return e.Address&0x80 != 0 }

// Number returns the endpoint's number, 0-15.
func (e *Endpoint) Number() uint8 { return e.Address & 15 }

// String is such as "bulk IN 1".
func (e *Endpoint) String() string {
	way := "OUT"
	if e.In() {
		way = "IN"
	}
	if e.Type == Control {
		way = "endpoint"
	}
	return fmt.Sprintf("%v %s %d", e.Type, way, e.Number())
}

// Slower returns the endpoint with an interval of about d, at most twice less, if it is
// longer than what the device asks for: for an interrupt endpoint whose news may wait.
// Each time that it is asked costs the processor an interrupt.
func (e Endpoint) Slower(s Speed, d time.Duration) Endpoint {
	n := d / time.Millisecond
	if s == High {
		n = min(time.Duration(bits.Len64(uint64(d/(125*time.Microsecond)))), 16)
	}
	e.Interval = max(e.Interval, uint8(min(n, 255)))
	return e
}

// Find returns the first endpoint of a type and direction, nil if there is none.
func (a *Alternate) Find(t Type, in bool) *Endpoint {
	for i := range a.Endpoints {
		if e := &a.Endpoints[i]; e.Type == t && e.In() == in {
			return e
		}
	}
	return nil
}

// Interface returns the configuration's interface of that number, nil if there is none.
func (c *Config) Interface(number uint8) *Interface {
	for i := range c.Interfaces {
		if c.Interfaces[i].Number == number {
			return &c.Interfaces[i]
		}
	}
	return nil
}
