package usbtest

import (
	"encoding/binary"

	"yolk/drivers/usb"
)

// DeviceDescriptor makes the descriptor of a device with one configuration and no
// strings. class is 0 where interfaces have theirs.
func DeviceDescriptor(vendor, product uint16, class uint8, packet0 uint8) []byte {
	b := []byte{18, usb.DescriptorDevice, 0x00, 0x02, class, 0, 0, packet0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}
	binary.LittleEndian.PutUint16(b[8:], vendor)
	binary.LittleEndian.PutUint16(b[10:], product)
	return b
}

// ConfigDescriptor makes a configuration of parts, which are interface, endpoint and
// other descriptors in their order.
func ConfigDescriptor(value uint8, parts ...[]byte) []byte {
	b := []byte{9, usb.DescriptorConfig, 0, 0, 0, value, 0, 0xc0, 1}
	numbers := map[byte]bool{}
	for _, p := range parts {
		if p[1] == usb.DescriptorInterface {
			numbers[p[2]] = true
		}
		b = append(b, p...)
	}
	b[4] = byte(len(numbers))
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// InterfaceDescriptor makes an interface's descriptor, for one of its settings.
func InterfaceDescriptor(number, setting, endpoints, class, subclass, protocol uint8) []byte {
	return []byte{9, usb.DescriptorInterface, number, setting, endpoints, class, subclass, protocol, 0}
}

// EndpointDescriptor makes an endpoint's descriptor.
func EndpointDescriptor(address uint8, t usb.Type, packet uint16, interval uint8) []byte {
	return []byte{7, usb.DescriptorEndpoint, address, byte(t), byte(packet), byte(packet >> 8), interval}
}
