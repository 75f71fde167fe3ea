package socket

import (
	"slices"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Framer is a link endpoint whose frames packet sockets see and send: netstack's.
type Framer interface {
	// SetTap has tap see each frame that comes or is sent, link header included, which it
	// then owns; nil ends that. from is what SendFrame was given. tap neither sends nor waits.
	SetTap(tap func(frame []byte, kind tcpip.PacketType, from any))
	// SendFrame reports false when there is no room for a frame.
	SendFrame(frame []byte, from any) bool
	// SetPromiscuous has frames for other stations come, too, if the device can.
	SetPromiscuous(on bool) error
}

// taps are the links of a stack, and the packet sockets that see them.
type taps struct {
	mu      sync.Mutex // guards what follows, and changes of sockets
	links   []link
	added   func(link) // nil while there is no packet socket
	sockets atomic.Pointer[[]watcher]
}

// A watcher is a packet socket. (Named as such, it would be in every image: the linker
// keeps the methods of types that others have in them.)
type watcher interface {
	see(nic tcpip.NICID, frame []byte, kind tcpip.PacketType, from any)
}

type link struct {
	id      tcpip.NICID
	ep      stack.LinkEndpoint
	promisc int // how many want all frames
}

// addLink remembers a link. (What asks whether it is a Framer is for images with packet
// sockets only: the linker leaves out methods that nobody asks for.)
func (s *Stack) addLink(id tcpip.NICID, ep stack.LinkEndpoint) {
	s.taps.mu.Lock()
	defer s.taps.mu.Unlock()
	s.taps.links = append(s.taps.links, link{id: id, ep: ep})
	if s.taps.added != nil {
		s.taps.added(link{id: id, ep: ep})
	}
}

// tap has the open packet sockets see a link.
func (s *Stack) tap(l link) {
	f, ok := l.ep.(Framer)
	if !ok {
		return
	}
	f.SetTap(func(frame []byte, kind tcpip.PacketType, from any) {
		if all := s.taps.sockets.Load(); all != nil {
			for _, k := range *all {
				k.see(l.id, frame, kind, from)
			}
		}
	})
}

// openPacket and closePacket keep the list of packet sockets. While it is empty nothing is
// copied for them.
func (s *Stack) openPacket(k *packetSocket) {
	s.taps.mu.Lock()
	defer s.taps.mu.Unlock()
	var all []watcher
	if old := s.taps.sockets.Load(); old != nil {
		all = *old
	}
	all = append(slices.Clip(all), k)
	s.taps.sockets.Store(&all)
	if len(all) == 1 {
		s.taps.added = s.tap
		for _, l := range s.taps.links {
			s.tap(l)
		}
	}
}

func (s *Stack) closePacket(k *packetSocket) {
	s.taps.mu.Lock()
	defer s.taps.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(*s.taps.sockets.Load()), func(other watcher) bool { return other == watcher(k) })
	if len(all) > 0 {
		s.taps.sockets.Store(&all)
		return
	}
	s.taps.sockets.Store(nil)
	s.taps.added = nil
	for _, l := range s.taps.links {
		if f, ok := l.ep.(Framer); ok {
			f.SetTap(nil)
		}
	}
}

// framer returns an interface's, nil when there is none.
func (s *Stack) framer(id tcpip.NICID) Framer {
	s.taps.mu.Lock()
	defer s.taps.mu.Unlock()
	for _, l := range s.taps.links {
		if l.id == id {
			f, _ := l.ep.(Framer)
			return f
		}
	}
	return nil
}

// promisc has an interface deliver frames for others while somebody wants them. A device
// that cannot goes on as it does, as on Linux.
func (s *Stack) promisc(id tcpip.NICID, on bool) {
	s.taps.mu.Lock()
	defer s.taps.mu.Unlock()
	for i := range s.taps.links {
		l := &s.taps.links[i]
		f, ok := l.ep.(Framer)
		if l.id != id || !ok {
			continue
		}
		if on {
			l.promisc++
		} else {
			l.promisc--
		}
		if on && l.promisc == 1 || l.promisc == 0 {
			f.SetPromiscuous(on)
		}
	}
}

// A loopTap is the loopback link with frames: packets behind an Ethernet header of zeros,
// each of which is sent and comes, as on Linux.
type loopTap struct {
	stack.LinkEndpoint
	s   *Stack
	see atomic.Pointer[func([]byte, tcpip.PacketType, any)]
}

// tapLoop makes one of a stack's link; nil before Full.
var tapLoop atomic.Pointer[func(s *Stack, ep stack.LinkEndpoint) stack.LinkEndpoint]

var newLoopTap = func(s *Stack, ep stack.LinkEndpoint) stack.LinkEndpoint {
	return &loopTap{LinkEndpoint: ep, s: s}
}

// WritePackets implements stack.LinkWriter.
func (l *loopTap) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	if see := l.see.Load(); see != nil {
		for _, p := range pkts.AsSlice() {
			frame := make([]byte, header.EthernetMinimumSize, header.EthernetMinimumSize+p.Size())
			header.Ethernet(frame).Encode(&header.EthernetFields{Type: p.NetworkProtocolNumber, SrcAddr: loopStation, DstAddr: loopStation})
			for _, part := range p.AsSlices() {
				frame = append(frame, part...)
			}
			(*see)(frame, tcpip.PacketOutgoing, nil)
			(*see)(frame, tcpip.PacketHost, nil)
		}
	}
	return l.LinkEndpoint.WritePackets(pkts)
}

const loopStation = tcpip.LinkAddress("\x00\x00\x00\x00\x00\x00")

// SetTap implements Framer.
func (l *loopTap) SetTap(tap func([]byte, tcpip.PacketType, any)) {
	if tap == nil {
		l.see.Store(nil)
		return
	}
	l.see.Store(&tap)
}

// SendFrame implements Framer: the packet in the frame comes back.
func (l *loopTap) SendFrame(frame []byte, from any) bool {
	payload := buffer.MakeWithData(frame[header.EthernetMinimumSize:])
	return l.s.net.WriteRawPacket(loID, header.Ethernet(frame).Type(), payload) == nil
}

// SetPromiscuous implements Framer: there is nobody else.
func (l *loopTap) SetPromiscuous(bool) error { return nil }
