package usbredir

import (
	"fmt"

	"yolk/drivers/usb/smsc95xx/lan9514"
)

// statuses are the chip's in the protocol's numbers.
var statuses = [...]byte{
	lan9514.OK: success, lan9514.Stall: stall, lan9514.Babble: babble, lan9514.Broken: ioError, lan9514.Cancelled: cancelled,
}

// control does a control transfer. h is endpoint, request, request type, status, value,
// index and length.
func (s *Server) control(id uint64, h, data []byte) {
	setup := lan9514.Setup{h[2], h[1], h[4], h[5], h[6], h[7], h[8], h[9]}
	in, st := s.chip.Control(setup, data)
	if st == lan9514.Lost {
		return
	}
	reply := append(make([]byte, 0, controlHeader), h...)
	reply[3] = statuses[st]
	if setup.In() {
		le.PutUint16(reply[8:], uint16(len(in)))
	} else {
		in = nil
	}
	s.send(controlData, id, reply, in)
}

// bulk begins a bulk transfer. p begins with endpoint, status, length, stream and the
// upper half of the length.
func (s *Server) bulk(id uint64, p []byte) error {
	size, n := bulkHeader, int(le.Uint16(p[2:]))
	if s.caps&cap32BitBulk != 0 {
		if size = bulkHeader32; len(p) < size {
			return fmt.Errorf("%w: bulk transfer of %d bytes", ErrProtocol, len(p))
		}
		n |= int(le.Uint16(p[8:])) << 16
	}
	switch endpoint, data := p[0], p[size:]; {
	case n > maxPacket:
		return fmt.Errorf("%w: bulk transfer of %d bytes", ErrProtocol, n)
	case endpoint == lan9514.BulkIn:
		s.bulkIn(id, n)
	case endpoint == lan9514.BulkOut:
		if st := s.chip.Out(data); st != lan9514.Lost {
			s.reply(id, endpoint, statuses[st], len(data), nil)
		}
	default:
		s.reply(id, endpoint, invalid, 0, nil)
	}
	return nil
}

func (s *Server) bulkIn(id uint64, n int) {
	s.mu.Lock()
	s.bulkID = id
	s.mu.Unlock()
	s.chip.In(lan9514.BulkIn, n, func(data []byte, st lan9514.Status) {
		s.reply(id, lan9514.BulkIn, statuses[st], len(data), data)
	})
}

// reply ends a bulk transfer of n bytes.
func (s *Server) reply(id uint64, endpoint, status byte, n int, data []byte) {
	h := [bulkHeader32]byte{endpoint, status}
	le.PutUint16(h[2:], uint16(n))
	le.PutUint16(h[8:], uint16(n>>16))
	size := bulkHeader
	if s.caps&cap32BitBulk != 0 {
		size = bulkHeader32
	}
	s.send(bulkData, id, h[:size], data)
}

// listen begins or ends to pass the interrupt endpoint's packets on.
func (s *Server) listen(id uint64, endpoint byte, on bool) {
	if endpoint != lan9514.InterruptIn {
		s.send(interruptStatus, id, []byte{invalid, endpoint}, nil)
		return
	}
	s.mu.Lock()
	was := s.listens
	s.listens = on
	s.mu.Unlock()
	s.send(interruptStatus, id, []byte{success, endpoint}, nil)
	switch {
	case on && !was:
		s.chip.In(endpoint, lan9514.NoticeBytes, s.notice)
	case was && !on:
		s.chip.Cancel(endpoint)
	}
}

// notice passes a packet of the interrupt endpoint on, and waits for the next.
func (s *Server) notice(data []byte, st lan9514.Status) {
	s.mu.Lock()
	on := s.listens && st == lan9514.OK
	s.listens = on
	s.mu.Unlock()
	if st == lan9514.Cancelled || st == lan9514.Lost {
		return
	}
	h := [interruptHeader]byte{lan9514.InterruptIn, statuses[st]}
	le.PutUint16(h[2:], uint16(len(data)))
	s.send(interruptData, 0, h[:], data)
	if on {
		s.chip.In(lan9514.InterruptIn, lan9514.NoticeBytes, s.notice)
	}
}
