package usb

import (
	"encoding/binary"
	"fmt"
)

// A Setup is the request of a control transfer (USB 2.0 9.3). How many bytes follow is
// the length of the buffer that goes with it.
type Setup struct {
	RequestType uint8 // direction, type and recipient
	Request     uint8
	Value       uint16
	Index       uint16
}

// Parts of RequestType.
const (
	DirIn           = 1 << 7 // device to host
	TypeStandard    = 0 << 5
	TypeClass       = 1 << 5
	TypeVendor      = 2 << 5
	ToDevice        = 0
	ToInterface     = 1
	ToEndpoint      = 2
	ToOther         = 3 // a hub's port
	setupPacketSize = 8
)

// Standard requests (USB 2.0 table 9-4).
const (
	GetStatus        = 0
	ClearFeature     = 1
	SetFeature       = 3
	SetAddress       = 5
	GetDescriptor    = 6
	GetConfiguration = 8
	SetConfiguration = 9
	SetInterface     = 11
)

// Descriptor types (USB 2.0 table 9-5).
const (
	DescriptorDevice    = 1
	DescriptorConfig    = 2
	DescriptorString    = 3
	DescriptorInterface = 4
	DescriptorEndpoint  = 5
)

// EndpointHalt is the feature that CLEAR_FEATURE takes from a halted endpoint.
const EndpointHalt = 0

// In reports whether data goes to the host.
func (s *Setup) In() bool { return s.RequestType&DirIn != 0 }

// String is such as "request 80/06 0100 0000": type, request, value and index.
func (s Setup) String() string {
	return fmt.Sprintf("request %02x/%02x %04x %04x", s.RequestType, s.Request, s.Value, s.Index)
}

// put writes the request as it goes over the bus, for length bytes of data.
func (s *Setup) put(b []byte, length int) {
	b[0], b[1] = s.RequestType, s.Request
	binary.LittleEndian.PutUint16(b[2:], s.Value)
	binary.LittleEndian.PutUint16(b[4:], s.Index)
	binary.LittleEndian.PutUint16(b[6:], uint16(length))
}

// ParseSetup reads a request as it goes over the bus, and how many bytes of data it is
// for. It is the device's side, for tests.
func ParseSetup(b [8]byte) (s Setup, length int) {
	s = Setup{
		RequestType: b[0], Request: b[1],
		Value: binary.LittleEndian.Uint16(b[2:]), Index: binary.LittleEndian.Uint16(b[4:]),
	}
	return s, int(binary.LittleEndian.Uint16(b[6:]))
}
