package netstack

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/netdev/netbuf"
)

// together gathers frames and returns how many of them, and the one that they become.
func together(frames ...[]byte) (int, []byte) {
	var bufs []*netbuf.Buf
	for _, f := range frames {
		bufs = append(bufs, buf(f))
	}
	n, length := gather(bufs)
	if n == 1 {
		return 1, nil
	}
	v := joined(bufs[:n], length)
	defer v.Release()
	if v.Size() != length {
		panic(fmt.Sprint("a frame of ", v.Size(), " bytes, said to be of ", length))
	}
	return n, bytes.Clone(v.AsSlice())
}

// TestGather: segments that a peer sent one behind the other become what it would have
// sent at once. What does not fit begins anew.
func TestGather(t *testing.T) {
	const stamp = "\x01\x01\x08\x0a\x00\x00\x00\x05\x00\x00\x00\x06"
	for _, v6 := range []bool{false, true} {
		whole := peerSegment{v6: v6, from: 2, port: 1000, seq: 0xffffff00, ack: 77, flags: header.TCPFlagAck, options: stamp, data: strings.Repeat("0123456789", 300)}
		part := func(from, to int, change ...func(*peerSegment)) []byte {
			s := whole
			s.seq += uint32(from)
			s.data = s.data[from:to]
			for _, c := range change {
				c(&s)
			}
			return s.frame()
		}
		push := func(s *peerSegment) { s.flags |= header.TCPFlagPsh }
		for what, c := range map[string]struct {
			frames [][]byte
			want   int
		}{
			"in order":          {[][]byte{part(0, 1000), part(1000, 2000), part(2000, 3000)}, 3},
			"one alone":         {[][]byte{part(0, 1000)}, 1},
			"padded":            {[][]byte{part(0, 1000), part(1000, 1001, func(s *peerSegment) { s.padding = 5 }), part(1001, 3000)}, 3},
			"a gap":             {[][]byte{part(0, 1000), part(2000, 3000)}, 1},
			"twice":             {[][]byte{part(0, 1000), part(0, 1000)}, 1},
			"what was pushed":   {[][]byte{part(0, 1000), part(1000, 2000, push), part(2000, 3000)}, 2},
			"an end":            {[][]byte{part(0, 1000), part(1000, 2000, func(s *peerSegment) { s.flags |= header.TCPFlagFin })}, 1},
			"another time":      {[][]byte{part(0, 1000), part(1000, 2000, func(s *peerSegment) { s.options = stamp[:7] + "\x06" + stamp[8:] })}, 1},
			"another number":    {[][]byte{part(0, 1000), part(1000, 2000, func(s *peerSegment) { s.ack++ })}, 1},
			"another port":      {[][]byte{part(0, 1000), part(1000, 2000, func(s *peerSegment) { s.port++ })}, 1},
			"another station":   {[][]byte{part(0, 1000), part(1000, 2000, func(s *peerSegment) { s.from++ })}, 1},
			"for another":       {[][]byte{part(0, 1000), part(1000, 2000, func(s *peerSegment) { s.to++ })}, 1},
			"no data":           {[][]byte{part(0, 1000), part(1000, 1000)}, 1},
			"an acknowledgment": {[][]byte{part(0, 0), part(0, 1000)}, 1},
			"no TCP":            {[][]byte{make([]byte, 60), part(0, 1000)}, 1},
		} {
			if v6 && what == "padded" {
				c.frames = c.frames[:2]
				c.want = 2
			}
			n, got := together(c.frames...)
			if n != c.want {
				t.Errorf("v6 %v, %s: %d gathered, want %d", v6, what, n, c.want)
			}
			if what == "in order" && !same(got, whole) {
				t.Errorf("v6 %v: % x", v6, got)
			}
			if pushed := whole; what == "what was pushed" {
				pushed.data = pushed.data[:2000]
				push(&pushed)
				if !same(got, pushed) {
					t.Errorf("v6 %v: pushed: % x", v6, got[:80])
				}
			}
		}
		// A segment with a bit broken is gathered with none.
		good, broken := part(0, 30), part(30, 60)
		for i := range broken {
			broken[i] ^= 0x10
			// Of IPv6's header no more than the addresses is summed; what is broken there
			// makes it another connection's, or another length.
			if n, _ := together(good, broken); n != 1 {
				t.Errorf("v6 %v: gathered though byte %d is broken", v6, i)
			}
			if n, _ := together(broken, part(60, 90)); n != 1 && (!v6 || i >= ip6End) && i >= header.EthernetMinimumSize {
				t.Errorf("v6 %v: gathered behind one whose byte %d is broken", v6, i)
			}
			broken[i] ^= 0x10
		}
	}
	var many []*netbuf.Buf
	for i := range 40 {
		many = append(many, buf(peerSegment{from: 2, seq: uint32(i) * 2000, flags: header.TCPFlagAck, data: strings.Repeat("x", 2000)}.frame()))
	}
	if n, length := gather(many); n < 30 || n == 40 || length > maxGathered {
		t.Errorf("%d gathered, %d bytes", n, length)
	}
}

// same compares a joined frame with the one that the peer could have sent, but for the
// TCP checksum, which is not set.
func same(got []byte, want peerSegment) bool {
	w := want.frame()
	at := ip4End
	if want.v6 {
		at = ip6End
	}
	if len(got) < at+header.TCPMinimumSize {
		return false
	}
	copy(w[at+tcpSum:], got[at+tcpSum:][:2])
	return bytes.Equal(got, w)
}

// FuzzGather: no frames make it fail, nor a device that writes to them afterwards.
func FuzzGather(f *testing.F) {
	a := peerSegment{from: 2, flags: header.TCPFlagAck, data: "abcdefghijklmnop"}
	b := a
	b.seq += 16
	f.Add(a.frame(), b.frame(), uint16(16), byte(0xff))
	f.Fuzz(func(t *testing.T, first, second []byte, at uint16, with byte) {
		bufs := []*netbuf.Buf{buf(first), buf(second)}
		n, length := gather(bufs)
		for _, b := range bufs {
			if int(at) < b.Len() {
				b.Bytes()[at] ^= with
			}
		}
		if n > 1 {
			joined(bufs[:n], length).Release()
		}
	})
}
