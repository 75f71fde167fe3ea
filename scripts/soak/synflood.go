package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// synflood opens connections from addresses at which nobody is. They are from the
// range for benchmarks, 198.18.0.0/15 (RFC 2544).
var synflood = attack{
	name: "synflood", strength: 5000,
	about: "SYN a second from random addresses",
	run: func(ctx context.Context, t *target, rate int) (string, error) {
		r, err := newRaw(t)
		if err != nil {
			return "", err
		}
		defer r.close()
		random := rand.New(rand.NewPCG(seed, uint64(rate)))
		frame := make([]byte, header.EthernetMinimumSize+header.IPv4MinimumSize+header.TCPMinimumSize+4)
		return r.flood(ctx, rate, func() []byte { return r.syn(frame, random) })
	},
}

// seed makes a soak's frames the same each time.
const seed = 8

const serverPort = 8080

// syn writes another SYN, with a maximum segment size as real ones have.
func (r *raw) syn(frame []byte, random *rand.Rand) []byte {
	var from [4]byte
	binary.BigEndian.PutUint32(from[:], 198<<24|18<<16|random.Uint32()&(1<<17-1))
	src := tcpip.AddrFrom4(from)
	r.ethernet(frame, header.IPv4ProtocolNumber)
	packet := frame[header.EthernetMinimumSize:]
	header.IPv4(packet).Encode(&header.IPv4Fields{
		TotalLength: uint16(len(packet)), ID: uint16(random.Uint32()), TTL: 64,
		Protocol: uint8(header.TCPProtocolNumber), SrcAddr: src, DstAddr: r.server,
	})
	sumIPv4(packet)
	segment := packet[header.IPv4MinimumSize:]
	copy(segment[header.TCPMinimumSize:], []byte{header.TCPOptionMSS, 4, 1460 >> 8, 1460 & 0xff})
	header.TCP(segment).Encode(&header.TCPFields{
		SrcPort: uint16(1024 + random.IntN(64000)), DstPort: serverPort, SeqNum: random.Uint32(),
		DataOffset: uint8(len(segment)), Flags: header.TCPFlagSyn, WindowSize: 64240,
	})
	sumTCP(segment, src, r.server)
	return frame
}
