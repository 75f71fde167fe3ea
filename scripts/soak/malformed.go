package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// malformed frames are wrong at one layer and right below it, so that each layer
// sees some.
var malformed = attack{
	name: "malformed", strength: 5000,
	about: "frames a second that no right sender makes",
	run: func(ctx context.Context, t *target, rate int) (string, error) {
		r, err := newRaw(t)
		if err != nil {
			return "", err
		}
		defer r.close()
		random := rand.New(rand.NewPCG(seed, uint64(rate)))
		frame := make([]byte, header.EthernetMinimumSize+header.IPv4MaximumHeaderSize+1480)
		return r.flood(ctx, rate, func() []byte { return r.wrong(frame, random) })
	},
}

// wrongs are the layers at which a frame can be wrong.
var wrongs = []func(r *raw, frame []byte, random *rand.Rand) []byte{
	(*raw).wrongType, (*raw).wrongARP, (*raw).wrongIPv4, (*raw).wrongFragment, (*raw).wrongTCP, (*raw).wrongOptions, (*raw).wrongLand,
	(*raw).wrongUDP, (*raw).wrongICMP, (*raw).wrongIPv6,
}

func (r *raw) wrong(frame []byte, random *rand.Rand) []byte {
	size := header.EthernetMinimumSize + random.IntN(len(frame)-header.EthernetMinimumSize-60) + 60
	frame = frame[:min(size, header.EthernetMinimumSize+1500)]
	for i := range frame {
		frame[i] = byte(random.Uint32())
	}
	return wrongs[random.IntN(len(wrongs))](r, frame, random)
}

// wrongType has any protocol, and a length that may be shorter than a header.
func (r *raw) wrongType(frame []byte, random *rand.Rand) []byte {
	r.ethernet(frame, 0)
	binary.BigEndian.PutUint16(frame[12:], uint16(random.Uint32()))
	return frame[:header.EthernetMinimumSize+random.IntN(48)]
}

func (r *raw) wrongARP(frame []byte, random *rand.Rand) []byte {
	r.ethernet(frame, header.ARPProtocolNumber)
	if random.IntN(2) == 0 { // a right head of a request whose addresses are wrong
		copy(frame[header.EthernetMinimumSize:], []byte{0, 1, 8, 0, 6, 4, 0, byte(1 + random.IntN(2))})
	}
	return frame[:header.EthernetMinimumSize+random.IntN(46)]
}

// ipv4 writes a right head for a payload of random bytes and returns the payload.
func (r *raw) ipv4(frame []byte, random *rand.Rand, protocol uint8) (packet, payload []byte) {
	r.ethernet(frame, header.IPv4ProtocolNumber)
	packet = frame[header.EthernetMinimumSize:]
	header.IPv4(packet).Encode(&header.IPv4Fields{
		TotalLength: uint16(len(packet)), ID: uint16(random.Uint32()), TTL: 64, Protocol: protocol, SrcAddr: r.hostIP, DstAddr: r.server,
	})
	sumIPv4(packet)
	return packet, packet[header.IPv4MinimumSize:]
}

// wrongIPv4 has one wrong field in the head: version and its length, the packet's
// length, fragments, the checksum, options.
func (r *raw) wrongIPv4(frame []byte, random *rand.Rand) []byte {
	packet, _ := r.ipv4(frame, random, uint8(random.Uint32()))
	switch random.IntN(5) {
	case 0:
		packet[0] = byte(random.Uint32())
	case 1:
		binary.BigEndian.PutUint16(packet[2:], uint16(random.Uint32()))
	case 2:
		binary.BigEndian.PutUint16(packet[6:], uint16(random.Uint32()))
	case 3:
		packet[10]++
		return frame
	case 4:
		packet[0] = 0x40 | byte(6+random.IntN(10)) // options of random bytes
	}
	if n := int(packet[0]&15) * 4; n >= header.IPv4MinimumSize {
		sumIPv4(packet)
	}
	return frame
}

// wrongFragment is a part of a packet whose other parts never come, or overlap.
func (r *raw) wrongFragment(frame []byte, random *rand.Rand) []byte {
	frame = frame[:header.EthernetMinimumSize+header.IPv4MinimumSize+8*(1+random.IntN(3))]
	packet, _ := r.ipv4(frame, random, uint8(header.TCPProtocolNumber))
	offset := random.IntN(4) // of few bytes and few packets: soon some overlap
	if random.IntN(2) == 0 {
		offset = random.IntN(8000)
	}
	header.IPv4(packet).SetFlagsFragmentOffset(header.IPv4FlagMoreFragments*uint8(random.IntN(2)), uint16(8*offset))
	binary.BigEndian.PutUint16(packet[4:], uint16(random.IntN(64)))
	sumIPv4(packet)
	return frame
}

// wrongTCP has a right checksum and random everything else, of the server's port or
// another.
func (r *raw) wrongTCP(frame []byte, random *rand.Rand) []byte {
	_, segment := r.ipv4(frame, random, uint8(header.TCPProtocolNumber))
	if random.IntN(2) == 0 {
		binary.BigEndian.PutUint16(segment[2:], serverPort)
	}
	sumTCP(segment, r.hostIP, r.server)
	return frame
}

// tcp writes a right head of a segment to the server with room for options of so
// many bytes, which stay random, and returns it: the checksum is left to do.
func (r *raw) tcp(frame []byte, random *rand.Rand, from uint16, options int, flags header.TCPFlags) (packet, segment []byte) {
	packet, segment = r.ipv4(frame[:header.EthernetMinimumSize+header.IPv4MinimumSize+header.TCPMinimumSize+options],
		random, uint8(header.TCPProtocolNumber))
	header.TCP(segment).Encode(&header.TCPFields{
		SrcPort: from, DstPort: serverPort, SeqNum: random.Uint32(), AckNum: random.Uint32(),
		DataOffset: uint8(header.TCPMinimumSize + options), Flags: flags, WindowSize: uint16(random.IntN(2)), // often none
	})
	return packet, segment
}

// wrongOptions is a segment, often the first of a connection, with options whose
// lengths are none, or beyond the head.
func (r *raw) wrongOptions(frame []byte, random *rand.Rand) []byte {
	flags := header.TCPFlagSyn
	if random.IntN(2) == 0 {
		flags = header.TCPFlags(random.Uint32())
	}
	options := 4 * (1 + random.IntN(10))
	packet, segment := r.tcp(frame, random, uint16(1024+random.IntN(64000)), options, flags)
	for i := header.TCPMinimumSize; i+2 < len(segment); i += 2 + random.IntN(4) {
		segment[i] = []byte{header.TCPOptionMSS, header.TCPOptionWS, header.TCPOptionSACKPermitted, header.TCPOptionSACK, header.TCPOptionTS}[random.IntN(5)]
		segment[i+1] = byte(random.IntN(12))
	}
	sumTCP(segment, r.hostIP, r.server)
	return frame[:header.EthernetMinimumSize+len(packet)]
}

// wrongLand says that it is from the server itself, from the very port that it is
// for (CERT CA-1997-28, "land").
func (r *raw) wrongLand(frame []byte, random *rand.Rand) []byte {
	flags := []header.TCPFlags{header.TCPFlagSyn, header.TCPFlagSyn | header.TCPFlagAck, header.TCPFlagAck | header.TCPFlagFin, header.TCPFlagRst}
	packet, segment := r.tcp(frame, random, serverPort, 0, flags[random.IntN(len(flags))])
	header.IPv4(packet).SetSourceAddress(r.server)
	sumIPv4(packet)
	sumTCP(segment, r.server, r.server)
	return frame[:header.EthernetMinimumSize+len(packet)]
}

// wrongUDP has a length that is not the packet's.
func (r *raw) wrongUDP(frame []byte, random *rand.Rand) []byte {
	r.ipv4(frame, random, uint8(header.UDPProtocolNumber))
	return frame
}

// wrongICMP has a random type and code, and now and then the head of a packet that
// was never sent.
func (r *raw) wrongICMP(frame []byte, random *rand.Rand) []byte {
	_, message := r.ipv4(frame, random, uint8(header.ICMPv4ProtocolNumber))
	icmp := header.ICMPv4(message)
	if random.IntN(2) == 0 {
		icmp.SetType(header.ICMPv4DstUnreachable)
		copy(message[header.ICMPv4MinimumSize:], frame[header.EthernetMinimumSize:][:header.IPv4MinimumSize])
	}
	icmp.SetChecksum(0)
	icmp.SetChecksum(header.ICMPv4Checksum(icmp, 0))
	return frame
}

// wrongIPv6 has a chain of extension headers that leads anywhere.
func (r *raw) wrongIPv6(frame []byte, random *rand.Rand) []byte {
	r.ethernet(frame, header.IPv6ProtocolNumber)
	packet := frame[header.EthernetMinimumSize:]
	packet[0] = 0x60
	if random.IntN(2) == 0 {
		binary.BigEndian.PutUint16(packet[4:], uint16(len(packet)-header.IPv6MinimumSize))
	}
	packet[6] = []byte{0, 43, 44, 60, 6, 17, 58}[random.IntN(7)]
	return frame
}
