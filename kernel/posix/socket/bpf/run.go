package bpf

import "encoding/binary"

// A Packet is what a program looks at. Nothing of it is kept or changed.
type Packet struct {
	Data []byte // from where the socket's own data begin: offset 0
	Net  []byte // from the network header on (SKF_NET_OFF), nil: there is none to read
	Link []byte // from the link header on (SKF_LL_OFF), nil: none

	Protocol  uint16 // of the network layer, ETH_P_
	Type      uint8  // PACKET_HOST, ...
	Interface uint32 // its index
	Hardware  uint16 // ARPHRD_ of the interface
	Random    func() uint32
}

// Offsets from which on others than the packet are read.
const (
	extensions = 0xfffff000 // SKF_AD_OFF
	network    = 0xfff00000 // SKF_NET_OFF
	link       = 0xffe00000 // SKF_LL_OFF
)

// Extensions (SKF_AD_), by their offset.
const (
	adProtocol  = 0
	adType      = 4
	adInterface = 8
	adMark      = 20
	adQueue     = 24
	adHardware  = 28
	adHash      = 32
	adCPU       = 36
	adXorX      = 40
	adVLAN      = 44
	adVLANThere = 48
	adRandom    = 56
	adVLANType  = 60
)

// isExtension reports whether there is one; what is none is no instruction, either.
func isExtension(n uint32) bool {
	m := machine{Packet: new(Packet)}
	return m.extension(n)
}

// machine is a program's state.
type machine struct {
	a, x   uint32
	memory [cells]uint32
	*Packet
}

// Run returns how many bytes of the packet the socket gets: 0 is none of it, and more than
// it has all.
func (p Program) Run(packet *Packet) uint32 {
	m := machine{Packet: packet}
	for pc := 0; pc < len(p); pc++ {
		in := &p[pc]
		switch in.Code & classMask {
		case ld:
			if !m.load(in) {
				return 0
			}
		case ldx:
			if !m.loadX(in) {
				return 0
			}
		case st:
			m.memory[in.K%cells] = m.a
		case stx:
			m.memory[in.K%cells] = m.x
		case alu:
			if !m.compute(in) {
				return 0
			}
		case jmp:
			pc += m.jump(in)
		case ret:
			if in.Code&^classMask == retA {
				return m.a
			}
			return in.K
		case misc:
			if in.Code&^classMask == tax {
				m.x = m.a
			} else {
				m.a = m.x
			}
		}
	}
	return 0
}

func (m *machine) operand(in *Instruction) uint32 {
	if in.Code&operandX != 0 {
		return m.x
	}
	return in.K
}

// jump returns how many instructions to leave out.
func (m *machine) jump(in *Instruction) int {
	v, holds := m.operand(in), false
	switch in.Code & opMask {
	case always:
		return int(in.K)
	case eq:
		holds = m.a == v
	case gt:
		holds = m.a > v
	case ge:
		holds = m.a >= v
	case tt:
		holds = m.a&v != 0
	}
	if holds {
		return int(in.JT)
	}
	return int(in.JF)
}

// compute reports false for a division by zero. Shifts are by the lowest five bits.
func (m *machine) compute(in *Instruction) bool {
	v := m.operand(in)
	switch in.Code & opMask {
	case add:
		m.a += v
	case sub:
		m.a -= v
	case mul:
		m.a *= v
	case or:
		m.a |= v
	case and:
		m.a &= v
	case xor:
		m.a ^= v
	case lsh:
		m.a <<= v & 31
	case rsh:
		m.a >>= v & 31
	case neg:
		m.a = -m.a
	case div, mod:
		if v == 0 {
			return false
		}
		if in.Code&opMask == div {
			m.a /= v
		} else {
			m.a %= v
		}
	}
	return true
}

// load sets a, and reports false beyond the packet.
func (m *machine) load(in *Instruction) (ok bool) {
	switch in.Code & modeMask {
	case imm:
		m.a = in.K
		return true
	case mem:
		m.a = m.memory[in.K%cells]
		return true
	case length:
		m.a = uint32(len(m.Data))
		return true
	case abs:
		if in.K >= extensions && m.extension(in.K-extensions) {
			return true
		}
		m.a, ok = m.at(in.K, in.Code&sizeMask)
	case ind:
		m.a, ok = m.at(m.x+in.K, in.Code&sizeMask)
	}
	return ok
}

// loadX sets x; msh is four times the low half of a byte, the length of an IPv4 header.
func (m *machine) loadX(in *Instruction) bool {
	switch in.Code & modeMask {
	case imm:
		m.x = in.K
	case mem:
		m.x = m.memory[in.K%cells]
	case length:
		m.x = uint32(len(m.Data))
	case msh:
		v, ok := m.at(in.K, octet)
		if !ok {
			return false
		}
		m.x = v & 15 * 4
	}
	return true
}

// at reads a number in network order.
func (m *machine) at(off uint32, size uint16) (uint32, bool) {
	b := m.Data
	switch {
	case int32(off) >= 0:
	case off >= network:
		b, off = m.Net, off-network
	case off >= link:
		b, off = m.Link, off-link
	default:
		return 0, false
	}
	if uint64(off)+uint64(bytes(size)) > uint64(len(b)) {
		return 0, false
	}
	switch b = b[off:]; size {
	case word:
		return binary.BigEndian.Uint32(b), true
	case half:
		return uint32(binary.BigEndian.Uint16(b)), true
	}
	return uint32(b[0]), true
}

func bytes(size uint16) int {
	switch size {
	case word:
		return 4
	case half:
		return 2
	}
	return 1
}

// extension sets a to what is known beside the packet: of marks, queues, hashes and VLAN
// tags that the hardware took off, nothing. It reports whether there is such an extension.
func (m *machine) extension(n uint32) bool {
	switch n {
	case adProtocol:
		m.a = uint32(m.Protocol)
	case adType:
		m.a = uint32(m.Type)
	case adInterface:
		m.a = m.Interface
	case adHardware:
		m.a = uint32(m.Hardware)
	case adXorX:
		m.a ^= m.x
	case adRandom:
		m.a = 0
		if m.Random != nil {
			m.a = m.Random()
		}
	case adMark, adQueue, adHash, adCPU, adVLAN, adVLANThere, adVLANType:
		m.a = 0
	default:
		return false
	}
	return true
}
