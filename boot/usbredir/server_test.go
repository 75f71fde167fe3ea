package usbredir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"yolk/drivers/usb/smsc95xx/lan9514"
)

// guest is the other end, as an emulator is.
type guest struct {
	*testing.T
	net.Conn
	wide bool
}

// newGuest greets a server of a chip.
func newGuest(t *testing.T, caps uint32) (*guest, *Server, *lan9514.Chip) {
	ours, theirs := net.Pipe()
	chip := lan9514.New(lan9514.Config{Wire: func([]byte) {}})
	s := New(theirs, chip)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve() }()
	g := &guest{T: t, Conn: ours}
	t.Cleanup(func() {
		ours.Close()
		if err := <-ended; err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	})
	if k, _, body := g.read(); k != hello || le.Uint32(body[helloBytes:]) != capabilities {
		t.Fatalf("type %d: % x", k, body)
	}
	g.write(hello, 0, le.AppendUint32(make([]byte, helloBytes), caps))
	g.wide = caps&cap64BitIDs != 0
	for _, want := range []kind{interfaceInfo, endpointInfo, deviceConnect} {
		g.expect(want, 0)
	}
	return g, s, chip
}

func (g *guest) write(k kind, id uint64, body []byte) {
	g.Helper()
	b := le.AppendUint32(le.AppendUint32(nil, uint32(k)), uint32(len(body)))
	if g.wide {
		b = le.AppendUint64(b, id)
	} else {
		b = le.AppendUint32(b, uint32(id))
	}
	if _, err := g.Write(append(b, body...)); err != nil {
		g.Fatal(err)
	}
}

func (g *guest) read() (k kind, id uint64, body []byte) {
	g.Helper()
	head := make([]byte, 12)
	if g.wide {
		head = make([]byte, 16)
	}
	if _, err := io.ReadFull(g, head); err != nil {
		g.Fatal(err)
	}
	id = uint64(le.Uint32(head[8:]))
	if g.wide {
		id = le.Uint64(head[8:])
	}
	body = make([]byte, le.Uint32(head[4:]))
	if _, err := io.ReadFull(g, body); err != nil {
		g.Fatal(err)
	}
	return kind(le.Uint32(head)), id, body
}

// expect reads a packet of a kind.
func (g *guest) expect(want kind, id uint64) []byte {
	g.Helper()
	k, got, body := g.read()
	if k != want || got != id {
		g.Fatalf("type %d, id %d; want %d, %d: % x", k, got, want, id, body)
	}
	return body
}

// control makes a control transfer and returns its status and data.
func (g *guest) control(setup [8]byte, data []byte) (byte, []byte) {
	g.Helper()
	h := []byte{0, setup[1], setup[0], 0, setup[2], setup[3], setup[4], setup[5], setup[6], setup[7]}
	g.write(controlData, 7, append(h, data...))
	body := g.expect(controlData, 7)
	return body[3], body[controlHeader:]
}

// register writes a register of the chip's.
func (g *guest) register(at byte, v uint32) {
	g.Helper()
	if st, _ := g.control([8]byte{0x40, 0xa0, 0, 0, at, 0, 4, 0}, le.AppendUint32(nil, v)); st != success {
		g.Fatal(st)
	}
}

// TestTransfers: each kind of transfer reaches the chip and comes back, with ids of
// either width.
func TestTransfers(t *testing.T) {
	for _, caps := range []uint32{capabilities, capMaxPacket} {
		g, _, chip := newGuest(t, caps)
		g.write(setConfiguration, 3, []byte{1})
		if b := g.expect(configurationStatus, 3); !bytes.Equal(b, []byte{success, 1}) {
			t.Errorf("% x", b)
		}
		if st, d := g.control([8]byte{0x80, 6, 0, 1, 0, 0, 8, 0}, nil); st != success || !bytes.Equal(d, []byte{18, 1, 0, 2, 0xff, 0, 1, 64}) {
			t.Errorf("descriptor: %d, % x", st, d)
		}
		if st, _ := g.control([8]byte{0x80, 6, 0, 9, 0, 0, 8, 0}, nil); st != stall {
			t.Errorf("a request that the chip does not know: %d", st)
		}
		size := bulkHeader
		if caps&cap32BitBulk != 0 {
			size = bulkHeader32
		}
		in := make([]byte, size)
		in[0] = lan9514.BulkIn
		le.PutUint16(in[2:], 2048)
		g.register(0x14, 1<<12) // HW_CFG: an empty FIFO says nothing
		g.write(bulkData, 9, in)
		g.write(cancelData, 9, nil)
		if b := g.expect(bulkData, 9); b[1] != cancelled {
			t.Errorf("% x", b)
		}
		g.register(0x14, 0) // or ends a transfer
		if st, _ := g.control([8]byte{0x40, 0xa0, 0, 0, 0, 1, 4, 0}, le.AppendUint32(nil, 4)); st != success {
			t.Fatal(st) // MAC_CR: receive
		}
		g.write(bulkData, 10, in)
		if b := g.expect(bulkData, 10); len(b) != size || b[1] != success {
			t.Errorf("% x", b)
		}
		out := append(make([]byte, size), 1, 2, 3)
		out[0] = lan9514.BulkOut
		le.PutUint16(out[2:], 3)
		g.write(bulkData, 11, out)
		if b := g.expect(bulkData, 11); b[1] != success || le.Uint16(b[2:]) != 3 || chip.Stats().TxBad != 1 {
			t.Errorf("% x", b)
		}
	}
}

// TestNotice: what the chip says by itself is passed on while somebody listens.
func TestNotice(t *testing.T) {
	g, _, chip := newGuest(t, capabilities)
	g.write(setConfiguration, 1, []byte{1})
	g.expect(configurationStatus, 1)
	g.write(startInterrupt, 2, []byte{lan9514.InterruptIn})
	g.expect(interruptStatus, 2)
	g.register(0x68, 1<<15) // INT_EP_CTL: the PHY
	mask := binary.LittleEndian.AppendUint32(nil, 0x10)
	g.control([8]byte{0x40, 0xa0, 0, 0, 0x18, 1, 4, 0}, mask) // MII_DATA: link down
	g.control([8]byte{0x40, 0xa0, 0, 0, 0x14, 1, 4, 0}, le.AppendUint32(nil, 1<<11|30<<6|3))
	go chip.SetLink(false, 0)
	if b := g.expect(interruptData, 0); b[0] != lan9514.InterruptIn || le.Uint32(b[interruptHeader:]) != 1<<15 {
		t.Errorf("% x", b)
	}
	g.write(stopInterrupt, 4, []byte{lan9514.InterruptIn})
	g.expect(interruptStatus, 4)
}

// TestPlugging: the other end hears of it, and finds a chip that was reset.
func TestPlugging(t *testing.T) {
	g, s, chip := newGuest(t, capabilities)
	g.write(setConfiguration, 1, []byte{1})
	g.expect(configurationStatus, 1)
	go func() {
		s.Unplug()
		s.Plug()
	}()
	g.expect(deviceDisconnect, 0)
	for _, want := range []kind{interfaceInfo, endpointInfo, deviceConnect} {
		g.expect(want, 0)
	}
	if chip.Configuration() != 0 {
		t.Error("the chip has not noticed")
	}
}

// stranger is a connection on which anything may come.
type stranger struct {
	io.Reader
	io.Writer
}

// packet is one as it goes over the connection before the hellos.
func packet(k kind, body []byte) []byte {
	b := le.AppendUint32(le.AppendUint32(nil, uint32(k)), uint32(len(body)))
	return append(le.AppendUint32(b, 0), body...)
}

// TestSenseless: a packet that makes no sense ends the connection.
func TestSenseless(t *testing.T) {
	greeting := packet(hello, make([]byte, helloBytes))
	for name, b := range map[string][]byte{
		"a short hello":    packet(hello, make([]byte, 10)),
		"a second hello":   append(bytes.Clone(greeting), greeting...),
		"too long":         packet(controlData, make([]byte, maxPacket+1)),
		"a short transfer": append(bytes.Clone(greeting), packet(bulkData, []byte{1})...),
	} {
		s := New(stranger{bytes.NewReader(b), io.Discard}, lan9514.New(lan9514.Config{Wire: func([]byte) {}}))
		if err := s.Serve(); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzServe: no bytes make the server fail otherwise than by an error.
func FuzzServe(f *testing.F) {
	greeting := packet(hello, append(make([]byte, helloBytes), 0x72, 0, 0, 0))
	f.Add(greeting)
	f.Add(append(bytes.Clone(greeting), packet(controlData, []byte{0x80, 6, 0x80, 0, 0, 1, 0, 0, 18, 0})...))
	f.Add(append(packet(hello, make([]byte, helloBytes)), packet(bulkData, []byte{0x81, 0, 0, 8, 0, 0, 0, 0})...))
	f.Fuzz(func(t *testing.T, b []byte) {
		New(stranger{bytes.NewReader(b), io.Discard}, lan9514.New(lan9514.Config{Wire: func([]byte) {}})).Serve()
	})
}
