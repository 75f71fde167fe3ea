// Package packets is the key-value server straight on a network device: it
// answers in the buffer that the request came in, a burst at a time, and knows no
// more of the network than such a server needs: ARP for its own address, IPv4
// and UDP.
//
// It may import apps/udpkv/kv, apps/netfunc, apps/wire, netdev and the standard
// library, but not package net.
package packets

import (
	"fmt"

	"yolk/apps/netfunc"
	"yolk/apps/udpkv/kv"
	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Server serves queue 0 of a running device. One goroutine at a time uses it.
type Server struct {
	netfunc.Responder
	mac   netdev.HardwareAddr
	addr  wire.IPv4
	port  uint16
	store *kv.Store

	Answered, ARP uint64 // requests and questions
}

// New makes a server at an address and port, of store.
func New(dev *netdev.Device, addr wire.IPv4, port uint16, store *kv.Store) *Server {
	s := &Server{mac: dev.HardwareAddr(), addr: addr, port: port, store: store}
	s.Responder = netfunc.NewResponder(dev, s.answer)
	return s
}

// maxFrame is the longest answer.
const maxFrame = wire.Headers + kv.MaxData

// answer turns a packet into the answer to it, or returns false.
func (s *Server) answer(b *netbuf.Buf) bool {
	if b.Next() != nil {
		return false // no request takes two buffers
	}
	frame := b.Bytes()
	if wire.AnswerARP(frame, s.mac, s.addr) {
		s.ARP++
		return true
	}
	h, request, fault := wire.Parse(frame)
	if fault != wire.Fine || h.Dst != s.addr || h.DstPort != s.port || h.DstMAC != s.mac {
		return false
	}
	// Room for the longest answer.
	length := len(request)
	if more := maxFrame - b.Len(); more > 0 && b.Append(more) == nil {
		return false
	}
	frame = b.Bytes()
	if frame[wire.EthernetLen]&15 != 5 {
		// With options in the IPv4 header the request is further back than the
		// answer will be.
		copy(frame[wire.Headers:], request)
	}
	length = s.store.Serve(frame[wire.Headers:], length)
	if length == 0 {
		return false
	}
	reply := h.Reply()
	end := wire.Headers + length
	reply.Put(frame[:end])
	if end < wire.MinFrame {
		clear(frame[end:wire.MinFrame])
		end = wire.MinFrame
	}
	b.Trim(b.Len() - end)
	s.Answered++
	return true
}

// String says what was served.
func (s *Server) String() string {
	return fmt.Sprintf("%d requests answered, %d ARP, %d packets ignored, %d answers dropped", s.Answered, s.ARP, s.Ignored, s.Drops)
}
