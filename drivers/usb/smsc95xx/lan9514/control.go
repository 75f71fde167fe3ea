package lan9514

import "encoding/binary"

// Setup is the eight bytes of a setup packet (USB 2.0, 9.3).
type Setup [8]byte

func (s Setup) value() uint16 { return binary.LittleEndian.Uint16(s[2:]) }
func (s Setup) index() uint16 { return binary.LittleEndian.Uint16(s[4:]) }

// Length is that of the data stage.
func (s Setup) Length() int { return int(binary.LittleEndian.Uint16(s[6:])) }

// In reports whether the data stage, if there is one, goes to the host.
func (s Setup) In() bool { return s[0]&0x80 != 0 }

// Requests of the standard (USB 2.0, 9.4) and the vendor (7.2): type and number.
const (
	getDeviceStatus    = 0x8000
	getInterfaceStatus = 0x8100
	getEndpointStatus  = 0x8200
	clearDevice        = 0x0001
	setDevice          = 0x0003
	clearEndpoint      = 0x0201
	setAddress         = 0x0005
	getDescriptor      = 0x8006
	getConfiguration   = 0x8008
	setConfiguration   = 0x0009
	getInterface       = 0x810a
	setInterface       = 0x010b
	writeRegister      = 0x40a0
	readRegister       = 0xc0a1
	getStatistics      = 0xc0a2
)

const statisticsBytes = 80

// Control is a transfer on the control pipe: out is its data stage to the chip, what
// it returns the one from it.
func (c *Chip) Control(setup Setup, out []byte) ([]byte, Status) {
	c.mu.Lock()
	s := c.fault(&c.pipes[0])
	var in []byte
	if s == OK {
		var ok bool
		if in, ok = c.request(setup, out); !ok {
			s = Stall
		}
		in = in[:min(len(in), setup.Length())]
	}
	c.settle()
	return in, s
}

// request does what a control transfer asks for and returns the data stage to the
// host; false for what the chip does not know.
func (c *Chip) request(s Setup, out []byte) (in []byte, ok bool) {
	switch uint16(s[0])<<8 | uint16(s[1]) {
	case setAddress, setDevice, clearDevice, setInterface:
		return nil, true
	case getDeviceStatus:
		return []byte{1, 0}, true // powered by itself
	case getInterfaceStatus:
		return []byte{0, 0}, true
	case getInterface:
		return []byte{0}, true
	case getEndpointStatus:
		halted := byte(0)
		if c.pipes[s.index()&3].halted {
			halted = 1
		}
		return []byte{halted, 0}, true
	case clearEndpoint:
		c.pipes[s.index()&3].halted = false
		return nil, true
	case getConfiguration:
		return []byte{c.config}, true
	case setConfiguration:
		if s.value() > 1 {
			return nil, false
		}
		c.config = byte(s.value())
		return nil, true
	case getDescriptor:
		return c.descriptor(byte(s.value() >> 8))
	case writeRegister:
		if at := s.index(); len(out) == 4 && at%4 == 0 && at < space {
			c.write(register(at), binary.LittleEndian.Uint32(out))
			return nil, true
		}
	case readRegister:
		if at := s.index(); at%4 == 0 && at < space {
			return binary.LittleEndian.AppendUint32(nil, c.read(register(at))), true
		}
	case getStatistics:
		return make([]byte, statisticsBytes), true
	}
	return nil, false
}

// Configuration returns the configuration that is set, 0 for none.
func (c *Chip) Configuration() byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.config
}

// descriptor returns a descriptor by its type (USB 2.0, table 9-5). Without an EEPROM
// there are no strings.
func (c *Chip) descriptor(kind byte) ([]byte, bool) {
	switch kind {
	case 1:
		return []byte{18, 1, 0x00, 0x02, 0xff, 0, 1, 64, 0x24, 0x04, 0x00, 0xec, 0x00, 0x02, 0, 0, 0, 1}, true
	case 2:
		return configuration(2, c.packet), true
	case 6:
		return []byte{10, 6, 0x00, 0x02, 0xff, 0, 1, 64, 1, 0}, !c.cfg.FullSpeed
	case 7:
		return configuration(7, 64), !c.cfg.FullSpeed
	}
	return nil, false
}

// configuration is the only one, at either speed.
func configuration(kind byte, packet int) []byte {
	low, high := byte(packet), byte(packet>>8)
	return []byte{
		9, kind, 39, 0, 1, 1, 0, 0xe0, 1,
		9, 4, 0, 0, 3, 0xff, 0, 0xff, 0,
		7, 5, BulkIn, 2, low, high, 0,
		7, 5, BulkOut, 2, low, high, 0,
		7, 5, InterruptIn, 3, NoticeBytes, 0, interval(packet),
	}
}

// NoticeBytes is the packet size of the interrupt endpoint.
const NoticeBytes = 16

// interval is that of the interrupt endpoint: 1 ms, in microframes' exponents or in
// frames (USB 2.0, 9.6.6).
func interval(packet int) byte {
	if packet == 64 {
		return 1
	}
	return 4
}

// An Endpoint is one that a host controller has to know of.
type Endpoint struct {
	Address, Type, Interval byte // Type as in bmAttributes: 0 control, 2 bulk, 3 interrupt
	Packet                  int  // bytes of its packets
}

// Endpoints lists the endpoints, the control pipe's two directions first.
func (c *Chip) Endpoints() []Endpoint {
	return []Endpoint{
		{0x00, 0, 0, 64}, {0x80, 0, 0, 64}, {BulkIn, 2, 0, c.packet}, {BulkOut, 2, 0, c.packet},
		{InterruptIn, 3, interval(c.packet), NoticeBytes},
	}
}

// FullSpeed tells on which bus the chip is.
func (c *Chip) FullSpeed() bool { return c.cfg.FullSpeed }
