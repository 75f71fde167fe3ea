package usb

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

const deviceDescriptorSize = 18

// parseDevice reads a device descriptor.
func parseDevice(b []byte) (d DeviceDescriptor, err error) {
	if len(b) < deviceDescriptorSize || b[0] < deviceDescriptorSize || b[1] != DescriptorDevice {
		return d, fmt.Errorf("%w: device descriptor % x", ErrDescriptor, b)
	}
	le := binary.LittleEndian
	return DeviceDescriptor{
		USB: le.Uint16(b[2:]), Class: b[4], Subclass: b[5], Protocol: b[6], MaxPacket0: b[7],
		Vendor: le.Uint16(b[8:]), Product: le.Uint16(b[10:]), Release: le.Uint16(b[12:]),
		ManufacturerName: b[14], ProductName: b[15], SerialNumber: b[16], Configs: b[17],
	}, nil
}

const configDescriptorSize = 9

// configLength returns how many bytes a configuration with all that belongs to it has,
// from its first descriptor.
func configLength(b []byte) (int, error) {
	if len(b) < configDescriptorSize || b[0] < configDescriptorSize || b[1] != DescriptorConfig {
		return 0, fmt.Errorf("%w: configuration descriptor % x", ErrDescriptor, b)
	}
	n := int(binary.LittleEndian.Uint16(b[2:]))
	if n < int(b[0]) || n > MaxControl {
		return 0, fmt.Errorf("%w: a configuration of %d bytes", ErrDescriptor, n)
	}
	return n, nil
}

// parseConfig reads a configuration of a device of a speed. Descriptors of unknown types
// are kept with what they follow; an interface or endpoint that breaks the rules that
// controllers rely on is an error. The result refers to b.
func parseConfig(b []byte, s Speed) (*Config, error) {
	n, err := configLength(b)
	if err != nil {
		return nil, err
	}
	if n > len(b) {
		return nil, fmt.Errorf("%w: %d bytes of a configuration of %d", ErrDescriptor, len(b), n)
	}
	c := &Config{Value: b[5], Attributes: b[7], MaxPower: 2 * uint16(b[8])}
	if c.Value == 0 {
		return nil, fmt.Errorf("%w: configuration 0", ErrDescriptor)
	}
	var a *Alternate
	for rest := b[b[0]:n]; len(rest) > 0; {
		size := int(rest[0])
		if size < 2 || size > len(rest) {
			return nil, fmt.Errorf("%w: a descriptor of %d bytes, of which %d are there", ErrDescriptor, size, len(rest))
		}
		d := rest[:size]
		rest = rest[size:]
		switch {
		case d[1] == DescriptorInterface:
			a, err = c.addInterface(d)
		case a == nil: // of no interface: an association, which nothing here needs
		case d[1] == DescriptorEndpoint:
			err = a.addEndpoint(d, s)
		default:
			a.addExtra(d)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(c.Interfaces) == 0 {
		return nil, fmt.Errorf("%w: a configuration without interfaces", ErrDescriptor)
	}
	return c, nil
}

const interfaceDescriptorSize = 9

// addInterface takes an interface descriptor: another setting of one that is known, or
// another interface.
func (c *Config) addInterface(d []byte) (*Alternate, error) {
	if len(d) < interfaceDescriptorSize {
		return nil, fmt.Errorf("%w: interface descriptor % x", ErrDescriptor, d)
	}
	i := c.Interface(d[2])
	if i == nil {
		c.Interfaces = append(c.Interfaces, Interface{Number: d[2]})
		i = &c.Interfaces[len(c.Interfaces)-1]
	}
	for _, a := range i.Alternates {
		if a.Setting == d[3] {
			return nil, fmt.Errorf("%w: interface %d has setting %d twice", ErrDescriptor, d[2], d[3])
		}
	}
	i.Alternates = append(i.Alternates, Alternate{Setting: d[3], Class: d[5], Subclass: d[6], Protocol: d[7], Name: d[8]})
	return &i.Alternates[len(i.Alternates)-1], nil
}

const endpointDescriptorSize = 7

// addEndpoint takes an endpoint descriptor.
func (a *Alternate) addEndpoint(d []byte, s Speed) error {
	if len(d) < endpointDescriptorSize {
		return fmt.Errorf("%w: endpoint descriptor % x", ErrDescriptor, d)
	}
	size := binary.LittleEndian.Uint16(d[4:])
	e := Endpoint{
		Address: d[2], Type: Type(d[3] & 3),
		MaxPacket: size & 0x7ff, Mult: 1 + uint8(size>>11&3), Interval: d[6],
	}
	if err := e.check(s); err != nil {
		return err
	}
	for i := range a.Endpoints {
		if a.Endpoints[i].Address == e.Address {
			return fmt.Errorf("%w: endpoint %02x twice in a setting", ErrDescriptor, e.Address)
		}
	}
	a.Endpoints = append(a.Endpoints, e)
	return nil
}

// mostBytes is the largest packet of a type of endpoint, by speed; 0 where there is no
// such endpoint (USB 2.0 5.5.3, 5.6.3, 5.7.3, 5.8.3).
var mostBytes = [...][3]uint16{
	Control:     {8, 64, 64},
	Isochronous: {0, 1023, 1024},
	Bulk:        {0, 64, 512},
	Interrupt:   {8, 64, 1024},
}

// check looks for what breaks the rules, and limits what does no harm (USB 2.0 9.6.6).
func (e *Endpoint) check(s Speed) error {
	most := mostBytes[e.Type][s]
	periodic := e.Type == Interrupt || e.Type == Isochronous
	odd := e.Type == Bulk && (bits.OnesCount16(e.MaxPacket) != 1 || e.MaxPacket < 8 || s == High && e.MaxPacket != most)
	switch {
	case e.Number() == 0 || e.Address&0x70 != 0:
	case e.MaxPacket > most || e.MaxPacket == 0 && e.Type != Isochronous || odd:
	case e.Mult > 3 || e.Mult > 1 && !(periodic && s == High):
	default:
		if e.Type == Interrupt {
			e.Interval = max(e.Interval, 1)
			if s == High {
				e.Interval = min(e.Interval, 16)
			}
		}
		return nil
	}
	return fmt.Errorf("%w: endpoint %02x, %v, %d times %d bytes at %v", ErrDescriptor, e.Address, e.Type, e.Mult, e.MaxPacket, s)
}

// addExtra keeps a descriptor with what it follows.
func (a *Alternate) addExtra(d []byte) {
	if n := len(a.Endpoints); n > 0 {
		e := &a.Endpoints[n-1]
		e.Extra = append(e.Extra, d...)
		return
	}
	a.Extra = append(a.Extra, d...)
}
