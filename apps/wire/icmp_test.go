package wire

import (
	"bytes"
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// echoRequestFrame is a ping of size bytes with four bytes of options in its IPv4 header.
func echoRequestFrame(mac netdev.HardwareAddr, addr IPv4, size int) []byte {
	frame := make([]byte, EthernetLen+24+icmpLen+size)
	copy(frame, mac[:])
	copy(frame[6:], "\x02sende\x08\x00\x46\x00")
	packet := frame[ip:]
	packet[2], packet[3] = byte(len(packet)>>8), byte(len(packet))
	packet[8], packet[9] = 3, protoICMP
	copy(packet[12:], []byte{10, 0, 0, 9, byte(addr >> 24), byte(addr >> 16), byte(addr >> 8), byte(addr), 1, 1, 1, 1})
	putSum(packet[:24], 10)
	message := packet[24:]
	message[0], message[5], message[7] = echoRequest, 7, 1
	for i := icmpLen; i < len(message); i++ {
		message[i] = byte(i)
	}
	putSum(message, 2)
	return frame
}

// TestAnswerEcho: pings of all lengths come back whole, with checksums that are right.
func TestAnswerEcho(t *testing.T) {
	mac, addr := netdev.HardwareAddr{2, 1, 2, 3, 4, 5}, IPv4(0x0a000001)
	for _, size := range []int{0, 1, 56, 57, 1468} {
		ask := echoRequestFrame(mac, addr, size)
		frame := bytes.Clone(ask)
		if !AnswerEcho(frame, mac, addr) {
			t.Errorf("%d bytes: no answer", size)
			continue
		}
		packet, head, fault := parseIPv4(frame, protoICMP, icmpLen)
		if fault != Fine || head != 24 || packet[8] != timeToLive || packet[24] != echoReply || netbuf.Fold(netbuf.Sum(0, packet[24:])) != 0xffff {
			t.Errorf("%d bytes: %v, % x", size, fault, packet)
		}
		back := bytes.Equal(frame[:6], ask[6:12]) && bytes.Equal(frame[6:12], mac[:]) &&
			bytes.Equal(packet[12:16], ask[ip+16:ip+20]) && bytes.Equal(packet[16:20], ask[ip+12:ip+16])
		if !back {
			t.Errorf("%d bytes: addresses % x", size, frame[:34])
		}
		if !bytes.Equal(packet[28:], ask[ip+28:]) {
			t.Errorf("%d bytes: other data came back", size)
		}
	}
}

func TestEchoAllocatesNothing(t *testing.T) {
	mac, addr := netdev.HardwareAddr{2}, IPv4(1)
	ask := echoRequestFrame(mac, addr, 56)
	frame := bytes.Clone(ask)
	if n := testing.AllocsPerRun(100, func() {
		copy(frame, ask)
		if !AnswerEcho(frame, mac, addr) {
			t.Error("no answer")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzAnswerEcho: what gets no answer stays as it is.
func FuzzAnswerEcho(f *testing.F) {
	mac, addr := netdev.HardwareAddr{2}, IPv4(1)
	f.Add(echoRequestFrame(mac, addr, 4))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		if !AnswerEcho(frame, mac, addr) && !bytes.Equal(frame, before) {
			t.Fatalf("% x became % x", before, frame)
		}
	})
}
