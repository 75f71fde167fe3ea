// Package usbredir shows the model of the Raspberry Pi's Ethernet chip
// (drivers/usb/smsc95xx/lan9514) to an emulator, as a device that is plugged into its
// USB: QEMU's usb-redir device on a socket.
//
//	-chardev socket,id=lan9514,fd=5 -device usb-redir,chardev=lan9514,port=1
//
// It is the end of the protocol that has the device, called usb-host there. What the
// other end sends is checked: a packet that makes no sense ends the connection with an
// error that says which.
//
// Source: "USB Network Redirection protocol description", version 0.7, of the project
// spice-space/usbredir; the numbers in proto.go are its.
package usbredir

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"yolk/drivers/usb/smsc95xx/lan9514"
)

// ErrProtocol is returned, wrapped, for a packet that makes no sense.
var ErrProtocol = errors.New("usbredir: senseless packet")

// A Server shows a chip on a connection. The chip is plugged in from the beginning.
type Server struct {
	chip *lan9514.Chip
	conn io.ReadWriter

	mu      sync.Mutex // of what is written
	buf     []byte
	caps    uint32 // of both ends; 0 before the other's hello
	greeted bool
	plugged bool
	bulkID  uint64 // of the bulk IN transfer that waits
	listens bool   // the other end wants the interrupt endpoint's packets
}

// New returns a server that has sent nothing yet.
func New(conn io.ReadWriter, chip *lan9514.Chip) *Server {
	return &Server{chip: chip, conn: conn, plugged: true}
}

// Serve speaks until the connection ends, and returns why: nil at its end, ErrProtocol
// or what reading returned.
func (s *Server) Serve() error {
	first := make([]byte, helloBytes, helloBytes+4)
	copy(first, "yolk lan9514")
	s.send(hello, 0, le.AppendUint32(first, capabilities), nil)
	r := bufio.NewReaderSize(s.conn, 64<<10)
	var body []byte
	for {
		var head [16]byte
		n := 12
		if s.caps&cap64BitIDs != 0 {
			n = 16
		}
		if _, err := io.ReadFull(r, head[:n]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		k, size, id := kind(le.Uint32(head[:])), le.Uint32(head[4:]), uint64(le.Uint32(head[8:]))
		if n == 16 {
			id = le.Uint64(head[8:])
		}
		if size > maxPacket || int(size) < least[k] {
			return fmt.Errorf("%w: type %d of %d bytes", ErrProtocol, k, size)
		}
		if uint32(cap(body)) < size {
			body = make([]byte, size)
		}
		body = body[:size]
		if _, err := io.ReadFull(r, body); err != nil {
			return err
		}
		if err := s.take(k, id, body); err != nil {
			return err
		}
	}
}

// take does what a packet asks for.
func (s *Server) take(k kind, id uint64, p []byte) error {
	switch k {
	case hello:
		return s.greet(p[helloBytes:])
	case reset:
		s.chip.Reset()
	case setConfiguration:
		s.chip.Control(lan9514.Setup{0x00, 9, p[0]}, nil)
		s.sendConfiguration(id)
	case getConfiguration:
		s.sendConfiguration(id)
	case setAlternate:
		s.send(alternateStatus, id, []byte{success, p[0], p[1]}, nil)
	case getAlternate:
		s.send(alternateStatus, id, []byte{success, p[0], 0}, nil)
	case startInterrupt, stopInterrupt:
		s.listen(id, p[0], k == startInterrupt)
	case cancelData:
		s.mu.Lock()
		bulk := s.bulkID == id
		s.mu.Unlock()
		if bulk {
			s.chip.Cancel(lan9514.BulkIn)
		}
	case controlData:
		s.control(id, p[:controlHeader], p[controlHeader:])
	case bulkData:
		return s.bulk(id, p)
	}
	return nil // the rest is about what this device has not
}

// greet takes the other end's hello, and plugs the device in.
func (s *Server) greet(caps []byte) error {
	if s.greeted {
		return fmt.Errorf("%w: a second hello", ErrProtocol)
	}
	s.greeted = true
	s.mu.Lock()
	if len(caps) >= 4 {
		s.caps = le.Uint32(caps) & capabilities
	}
	s.mu.Unlock()
	if s.plugged {
		s.announce()
	}
	return nil
}

// Unplug pulls the chip out, which resets it.
func (s *Server) Unplug() {
	s.send(deviceDisconnect, 0, nil, nil)
	s.chip.Reset()
}

// Plug plugs it in again.
func (s *Server) Plug() { s.announce() }

// announce tells what the device is.
func (s *Server) announce() {
	var info [4 + 4*endpoints]byte
	le.PutUint32(info[:], 1)
	info[4+1*endpoints], info[4+3*endpoints] = 0xff, 0xff // class and protocol of interface 0
	s.send(interfaceInfo, 0, info[:], nil)

	var ends [3*endpoints + 2*endpoints]byte
	for i := range endpoints {
		ends[i] = noEndpoint
	}
	for _, e := range s.chip.Endpoints() {
		i := int(e.Address&15) | int(e.Address>>7)<<4
		ends[i], ends[endpoints+i] = e.Type, e.Interval
		le.PutUint16(ends[3*endpoints+2*i:], uint16(e.Packet))
	}
	s.send(endpointInfo, 0, ends[:], nil)

	speed := byte(2) // high
	if s.chip.FullSpeed() {
		speed = 1
	}
	s.send(deviceConnect, 0, []byte{speed, 0xff, 0, 1, 0x24, 0x04, 0x00, 0xec, 0x00, 0x02}, nil)
}

func (s *Server) sendConfiguration(id uint64) {
	s.send(configurationStatus, id, []byte{success, s.chip.Configuration()}, nil)
}

// send writes a packet: its header, that of its kind, and data. An error shows where
// the connection is read.
func (s *Server) send(k kind, id uint64, header, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := le.AppendUint32(s.buf[:0], uint32(k))
	b = le.AppendUint32(b, uint32(len(header)+len(data)))
	if s.caps&cap64BitIDs != 0 {
		b = le.AppendUint64(b, id)
	} else {
		b = le.AppendUint32(b, uint32(id))
	}
	b = append(append(b, header...), data...)
	s.buf = b
	s.conn.Write(b)
}
