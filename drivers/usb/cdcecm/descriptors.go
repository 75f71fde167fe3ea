package cdcecm

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"yolk/drivers/usb"
	"yolk/netdev"
)

// Functional descriptors (CDC 5.2.3; ECM 5.4).
const (
	csInterface     = 0x24
	subtypeUnion    = 0x06
	subtypeEthernet = 0x0f
	unionBytes      = 5
	ethernetBytes   = 13
)

// about is what the functional descriptors of a function say.
type about struct {
	data    uint8 // the number of its data interface
	mac     uint8 // the number of the string that is its address
	segment int   // bytes of a frame, without check sequence
}

// parse reads the class-specific descriptors of a communication interface.
func parse(b []byte) (a about, err error) {
	united, described := false, false
	for len(b) >= 3 {
		n := int(b[0])
		if n < 3 || n > len(b) {
			break
		}
		d := b[:n]
		b = b[n:]
		switch {
		case d[1] != csInterface:
		case d[2] == subtypeUnion && n >= unionBytes:
			a.data, united = d[4], true
		case d[2] == subtypeEthernet && n >= ethernetBytes:
			a.mac, a.segment, described = d[3], int(binary.LittleEndian.Uint16(d[8:])), true
		}
	}
	if !united || !described || a.segment < headerBytes+minMTU {
		return a, fmt.Errorf("%w: of an Ethernet function", usb.ErrDescriptor)
	}
	return a, nil
}

// address reads a hardware address as ECM has it: twelve hexadecimal digits. Zero says
// that it is none.
func address(text string) (a netdev.HardwareAddr) {
	if len(text) != 2*len(a) {
		return a
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return a
	}
	return netdev.HardwareAddr(b)
}
