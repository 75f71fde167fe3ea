package usbtest

import (
	"unicode/utf16"

	"yolk/drivers/usb"
)

// perform carries a request out and leaves the answer in reply.
func (d *Device) perform(data []byte) {
	s := d.setup
	if s.In() {
		data = make([]byte, d.length)
	}
	n, ok := d.standard(s, data)
	if !ok {
		n, ok = d.Function.Control(s, data)
	}
	d.failed = !ok
	if ok && s.In() {
		d.reply = append(data[:n:n], make([]byte, d.Excess)...)
	}
}

// standard carries out the standard requests (USB 2.0 9.4).
func (d *Device) standard(s usb.Setup, data []byte) (n int, ok bool) {
	if s.RequestType>>5&3 != 0 {
		return 0, false
	}
	switch s.Request {
	case usb.GetDescriptor:
		b := d.find(s.Value)
		return copy(data, b), b != nil
	case usb.SetAddress:
		d.latched = uint8(s.Value)
	case usb.SetConfiguration:
		if d.config = uint8(s.Value); d.config > uint8(len(d.Configs)) {
			return 0, false
		}
		d.unhalt()
	case usb.SetInterface:
		d.alternates[s.Index] = uint8(s.Value)
		d.unhalt()
	case usb.GetStatus:
		return copy(data, make([]byte, 2)), true
	case usb.ClearFeature:
		if s.RequestType != usb.ToEndpoint || s.Value != usb.EndpointHalt {
			return 0, false
		}
		delete(d.halted, uint8(s.Index))
		delete(d.toggles, uint8(s.Index))
	default:
		return 0, false
	}
	return 0, true
}

// find returns a descriptor by type and number.
func (d *Device) find(value uint16) []byte {
	i := int(value & 0xff)
	switch value >> 8 {
	case usb.DescriptorDevice:
		return d.Descriptor
	case usb.DescriptorConfig:
		if i < len(d.Configs) {
			return d.Configs[i]
		}
	case usb.DescriptorString:
		if i == 0 {
			return []byte{4, usb.DescriptorString, 0x09, 0x04}
		}
		if i <= len(d.Strings) {
			return text(d.Strings[i-1])
		}
	}
	return nil
}

// text makes a string descriptor.
func text(s string) []byte {
	b := []byte{0, usb.DescriptorString}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	b[0] = byte(len(b))
	return b
}

// Alternate returns the setting that an interface is in.
func (d *Device) Alternate(number uint16) uint8 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.alternates[number]
}
