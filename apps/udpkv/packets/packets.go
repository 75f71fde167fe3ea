// Package packets is the key-value server straight on a network device: it
// answers in the buffer that the request came in, a burst at a time, and knows no
// more of the network than such a server needs: ARP for its own address, IPv4
// and UDP.
//
// It may import apps/udpkv/kv, apps/wire, netdev and the standard library, but
// not package net.
package packets

import (
	"fmt"

	"yolk/apps/udpkv/kv"
	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Server serves queue 0 of a running device. One goroutine at a time uses it.
type Server struct {
	dev   *netdev.Device
	mac   netdev.HardwareAddr
	addr  wire.IPv4
	port  uint16
	store *kv.Store
	bufs  []*netbuf.Buf

	Answered, ARP  uint64 // requests and questions
	Ignored, Drops uint64 // what was for somebody else or faulty; answers that found the queue full
}

// New makes a server at an address and port, of store.
func New(dev *netdev.Device, addr wire.IPv4, port uint16, store *kv.Store) *Server {
	return &Server{dev: dev, mac: dev.HardwareAddr(), addr: addr, port: port, store: store, bufs: make([]*netbuf.Buf, 64)}
}

// Turn serves one burst and returns how many packets there were.
func (s *Server) Turn() (int, error) {
	n, status := s.dev.RxBurst(0, s.bufs)
	if status&netdev.Stopped != 0 {
		return 0, s.dev.Err()
	}
	answers := 0
	for _, b := range s.bufs[:n] {
		if s.answer(b) {
			s.bufs[answers] = b
			answers++
		} else {
			s.Ignored++
			b.Free()
		}
	}
	// Also with none: answers that were sent give their buffers back on the way.
	sent, status := s.dev.TxBurst(0, s.bufs[:answers])
	netbuf.FreeBurst(s.bufs[sent:answers])
	s.Drops += uint64(answers - sent)
	if status&netdev.Stopped != 0 {
		return n, s.dev.Err()
	}
	return n, nil
}

// Sleep waits for packets, after a turn without any: it asks for an interrupt
// and, unless packets came in the meantime, for which there may be none, sleeps
// until it comes.
func (s *Server) Sleep() error {
	pending, err := s.dev.EnableInterrupt(0)
	if err != nil {
		return err
	}
	if !pending {
		if err := s.dev.Wait(0); err != nil {
			return err
		}
	}
	return s.dev.DisableInterrupt(0)
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
