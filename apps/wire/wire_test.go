package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"yolk/netdev"
)

// sample is a frame of size bytes, checked against RFC 1071 in TestPut.
func sample(t testing.TB, size int) []byte {
	t.Helper()
	frame := make([]byte, size)
	for i := Headers; i < size; i++ {
		frame[i] = byte(i * 7)
	}
	h := example
	h.Put(frame)
	return frame
}

var example = UDP{
	DstMAC: Broadcast, SrcMAC: netdev.HardwareAddr{0x52, 0x54, 0, 0x12, 0x34, 0x56},
	Src: FromAddr(netip.MustParseAddr("198.18.0.1")), Dst: FromAddr(netip.MustParseAddr("198.18.0.2")),
	SrcPort: 5001, DstPort: 5001,
}

// slowSum is RFC 1071's definition, two bytes at a time.
func slowSum(p []byte, sum uint32) uint16 {
	for i := 0; i < len(p); i += 2 {
		w := uint32(p[i]) << 8
		if i+1 < len(p) {
			w |= uint32(p[i+1])
		}
		if sum += w; sum > 0xffff {
			sum = sum&0xffff + 1
		}
	}
	return uint16(sum)
}

func TestPut(t *testing.T) {
	for size := Headers; size <= MaxFrame; size++ {
		f := sample(t, size)
		if got := slowSum(f[14:34], 0); got != 0xffff {
			t.Fatalf("%d bytes: IPv4 header sums up to %#x", size, got)
		}
		pseudo := append(bytes.Clone(f[26:34]), 0, 17, f[38], f[39])
		if got := slowSum(f[34:], uint32(slowSum(pseudo, 0))); got != 0xffff {
			t.Fatalf("%d bytes: datagram sums up to %#x", size, got)
		}
		h, payload, fault := Parse(f)
		if fault != Fine || h != example || !bytes.Equal(payload, f[Headers:]) {
			t.Fatalf("%d bytes: %v, %+v, payload of %d", size, fault, h, len(payload))
		}
	}
}

// TestPutBytes holds one frame, byte by byte.
func TestPutBytes(t *testing.T) {
	frame := make([]byte, 46)
	copy(frame[Headers:], "yolk")
	h := example
	h.Put(frame)
	want := "ffffffffffff525400123456" + "0800" + "45000020000040004011" + "aea5" + "c6120001c6120002" + "13891389000c" + "66c1" + hex.EncodeToString([]byte("yolk"))
	if got := hex.EncodeToString(frame); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestZeroSum: a checksum that comes out as 0 is sent as 0xffff.
func TestZeroSum(t *testing.T) {
	frame := make([]byte, Headers+2)
	h := example
	h.Put(frame)
	binary.BigEndian.PutUint16(frame[Headers:], binary.BigEndian.Uint16(frame[OffUDPSum:]))
	h.Put(frame)
	if got := binary.BigEndian.Uint16(frame[OffUDPSum:]); got != 0xffff {
		t.Errorf("%#x", got)
	}
	if _, _, fault := Parse(frame); fault != Fine {
		t.Error(fault)
	}
}

func TestParseFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		want   Fault
	}{
		{"nothing", func([]byte) []byte { return nil }, Short},
		{"a byte short of the headers", func(f []byte) []byte { return f[:Headers-1] }, Short},
		{"IPv6", func(f []byte) []byte { f[12], f[13] = 0x86, 0xdd; return f }, NotIPv4},
		{"version", func(f []byte) []byte { f[14] = 0x65; return f }, BadLength},
		{"header of 16 bytes", func(f []byte) []byte { f[14] = 0x44; return f }, BadLength},
		{"header beyond the packet", func(f []byte) []byte { f[14] = 0x4f; f[17] = 60; return f }, BadLength},
		{"packet beyond the frame", func(f []byte) []byte { f[16] = 1; return f }, BadLength},
		{"first fragment", func(f []byte) []byte { f[20] |= 0x20; return f }, Fragment},
		{"later fragment", func(f []byte) []byte { f[21] = 1; return f }, Fragment},
		{"TCP", func(f []byte) []byte { f[23] = 6; return f }, OtherProtocol},
		{"address", func(f []byte) []byte { f[26]++; return f }, BadIPSum},
		{"datagram of 7 bytes", func(f []byte) []byte { f[38], f[39] = 0, 7; return f }, BadLength},
		{"datagram beyond the packet", func(f []byte) []byte { f[39]++; return f }, BadLength},
		{"payload", func(f []byte) []byte { f[50]++; return f }, BadUDPSum},
		{"no checksum", func(f []byte) []byte { f[40], f[41], f[50] = 0, 0, 9; return f }, Fine},
		{"padding", func(f []byte) []byte { return append(f, 1, 2, 3) }, Fine},
	} {
		if _, payload, got := Parse(c.change(sample(t, 60))); got != c.want || got == Fine && len(payload) != 18 {
			t.Errorf("%s: %v, %d bytes, want %v", c.name, got, len(payload), c.want)
		}
	}
	if Fault(200).String() == "" || strings.Contains(Short.String(), "fine") {
		t.Error("names")
	}
}

// TestParseOptions: an IPv4 header with options is longer.
func TestParseOptions(t *testing.T) {
	f := sample(t, 60)
	long := append(append(bytes.Clone(f[:34]), 1, 1, 1, 1), f[34:]...)
	long[14], long[17] = 0x46, long[17]+4
	long[24], long[25] = 0, 0
	binary.BigEndian.PutUint16(long[24:], ^slowSum(long[14:38], 0))
	if h, payload, fault := Parse(long); fault != Fine || h != example || !bytes.Equal(payload, f[42:]) {
		t.Error(fault, h, payload)
	}
}

func TestReplyAndSwap(t *testing.T) {
	r := example.Reply()
	if r.Src != example.Dst || r.DstMAC != example.SrcMAC || r.Reply() != example {
		t.Errorf("%+v", r)
	}
	f := sample(t, 60)
	want := append(append(bytes.Clone(f[6:12]), f[:6]...), f[12:]...)
	if SwapMAC(f); !bytes.Equal(f, want) {
		t.Errorf("%x", f[:12])
	}
}

func TestAnswerARP(t *testing.T) {
	mac, addr := netdev.HardwareAddr{2, 0, 0, 0, 0, 9}, IPv4(0x0a00020f)
	ask, err := hex.DecodeString(strings.ReplaceAll("ffffffffffff 52550a000202 0806 0001080006040001 52550a000202 0a000202 000000000000 0a00020f", " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	answer := strings.ReplaceAll("52550a000202 020000000009 0806 0001080006040002 020000000009 0a00020f 52550a000202 0a000202", " ", "")
	f := bytes.Clone(ask)
	if !AnswerARP(f, mac, addr) || hex.EncodeToString(f) != answer {
		t.Errorf("\n got %x\nwant %s", f, answer)
	}
	for name, f := range map[string][]byte{
		"an answer": f, "too short": ask[:41], "another address": append(bytes.Clone(ask[:41]), 7),
		"IPv4": append(append(bytes.Clone(ask[:12]), 8, 0), ask[14:]...),
	} {
		before := bytes.Clone(f)
		if AnswerARP(f, mac, addr) || !bytes.Equal(f, before) {
			t.Errorf("%s was answered or changed", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f, 60))
	f.Add(sample(f, 1514))
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		h, payload, fault := Parse(frame)
		if !bytes.Equal(before, frame) {
			t.Fatal("Parse changed the frame")
		}
		if fault != Fine {
			if payload != nil {
				t.Fatal("payload of a faulty frame")
			}
			return
		}
		// What was read, written again without options and padding, reads alike.
		again := append(make([]byte, Headers), payload...)
		if len(again) > MaxFrame {
			return
		}
		h.Put(again)
		if h2, p2, fault := Parse(again); fault != Fine || h2 != h || !bytes.Equal(p2, payload) {
			t.Fatalf("%v: %+v became %+v", fault, h, h2)
		}
	})
}

func FuzzAnswerARP(f *testing.F) {
	f.Add(make([]byte, 60))
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		if !AnswerARP(frame, netdev.HardwareAddr{2}, 1) && !bytes.Equal(before, frame) {
			t.Fatal("changed, not answered")
		}
	})
}

func TestNoAllocations(t *testing.T) {
	f := sample(t, 60)
	if n := testing.AllocsPerRun(100, func() {
		h, _, _ := Parse(f)
		r := h.Reply()
		r.Put(f)
		SwapMAC(f)
		AnswerARP(f, h.DstMAC, h.Dst)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
