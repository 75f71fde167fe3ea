// Package vnet is a network between machines on this computer that needs no privilege: a
// switch to which emulators are connected by Unix sockets, and a gateway to the outside,
// which is gVisor's TCP/IP stack in this process.
//
//	machine -- Port -.
//	machine -- Port -+- Switch -- gateway -- sockets of this computer
//	machine -- Port -'
//
// Frames are in QEMU's form for stream sockets: their length in four bytes, the highest
// first, and then the frame from its destination address on (QEMU net/socket.c).
//
// It imports nothing of Yolk but boot/qemu.
package vnet

import (
	"bufio"
	"encoding/binary"
	"io"
	"sync"
)

// Sizes of frames, in bytes.
const (
	headerSize = 14
	maxFrame   = 68 << 10 // QEMU's own limit
	lengthSize = 4
)

// A mac is an Ethernet address.
type mac [6]byte

func (m mac) group() bool { return m[0]&1 != 0 }

func destination(frame []byte) mac { return mac(frame[0:6]) }
func source(frame []byte) mac      { return mac(frame[6:12]) }

// A Switch passes frames on to where their destination was last seen, or to all.
type Switch struct {
	mu    sync.RWMutex
	ports map[*port]bool
	seen  map[mac]*port
}

// NewSwitch makes one without ports.
func NewSwitch() *Switch { return &Switch{ports: map[*port]bool{}, seen: map[mac]*port{}} }

// A port is what is connected to a switch. Frames that it does not take in time are
// dropped, as on any wire.
type port struct {
	queue chan []byte
	only  mac // the one source address that it may use; zero for any
}

// queueLength is how many frames wait for a port.
const queueLength = 512

func (s *Switch) attach(only mac) *port {
	p := &port{make(chan []byte, queueLength), only}
	s.mu.Lock()
	s.ports[p] = true
	if only != (mac{}) {
		s.seen[only] = p
	}
	s.mu.Unlock()
	return p
}

func (s *Switch) detach(p *port) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ports, p)
	for m, at := range s.seen {
		if at == p {
			delete(s.seen, m)
		}
	}
	close(p.queue)
}

// pass passes on a frame that came from a port, which nobody changes any more.
func (s *Switch) pass(from *port, frame []byte) {
	if len(frame) < headerSize || from.only != (mac{}) && source(frame) != from.only {
		return
	}
	s.learn(from, source(frame))
	s.mu.RLock()
	defer s.mu.RUnlock()
	if to := s.seen[destination(frame)]; to != nil && !destination(frame).group() {
		if to != from {
			to.offer(frame)
		}
		return
	}
	for to := range s.ports {
		if to != from {
			to.offer(frame)
		}
	}
}

func (s *Switch) learn(from *port, m mac) {
	s.mu.RLock()
	known := s.seen[m] == from
	s.mu.RUnlock()
	if known || m.group() {
		return
	}
	s.mu.Lock()
	if s.ports[from] {
		s.seen[m] = from
	}
	s.mu.Unlock()
}

func (p *port) offer(frame []byte) {
	select {
	case p.queue <- frame:
	default:
	}
}

// serve connects a machine until its connection ends. in and out change the frames of one
// that believes to have another address than it has here; they report false for a frame
// that does not belong here.
func (s *Switch) serve(c io.ReadWriteCloser, p *port, in, out func([]byte) bool) error {
	var writing sync.WaitGroup
	writing.Go(func() {
		for frame := range p.queue {
			b := make([]byte, lengthSize+len(frame))
			binary.BigEndian.PutUint32(b, uint32(len(frame)))
			copy(b[lengthSize:], frame) // others have the same one
			if in(b[lengthSize:]) {
				if _, err := c.Write(b); err != nil {
					c.Close() // and the reader ends
				}
			}
		}
	})
	defer writing.Wait()
	defer c.Close()
	defer s.detach(p)
	r := bufio.NewReaderSize(c, maxFrame)
	for {
		frame, err := readFrame(r)
		if err != nil {
			return err
		}
		if len(frame) >= headerSize && out(frame) {
			s.pass(p, frame)
		}
	}
}

// readFrame reads one.
func readFrame(r io.Reader) ([]byte, error) {
	var length [lengthSize]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxFrame {
		return nil, errTooLong
	}
	frame := make([]byte, n)
	_, err := io.ReadFull(r, frame)
	return frame, err
}
