package smsc95xx

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"yolk/drivers/usb/smsc95xx/lan9514"
	"yolk/drivers/usb/usbnet"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// allOffloads are the settings of a driver that was asked for everything.
var allOffloads = &usbnet.Settings{Offloads: netdev.Offloads, MTU: maxMTU}

// packet makes a TCP packet over IPv4 or IPv6 with a partial checksum and n bytes of
// data, as parts of at most `part` bytes.
func packet(t testing.TB, version, n, part int) *netbuf.Buf {
	t.Helper()
	pool, err := netbuf.NewPool(netbuf.Heap, 64, 2048, 64)
	if err != nil {
		t.Fatal(err)
	}
	be := binary.BigEndian
	var ip []byte
	const tcpBytes = 32 // with options
	if version == 4 {
		ip = make([]byte, ipv4Bytes)
		ip[0], ip[8], ip[9] = 0x45, 64, protoTCP
		be.PutUint16(ip[2:], uint16(ipv4Bytes+tcpBytes+n))
		be.PutUint16(ip[4:], 0xfffe) // numbers that wrap
		copy(ip[12:], []byte{10, 0, 2, 15, 10, 0, 2, 2})
		be.PutUint16(ip[10:], ^netbuf.Fold(netbuf.Sum(0, ip)))
	} else {
		ip = make([]byte, ipv6Bytes)
		ip[0], ip[6], ip[7] = 0x60, protoTCP, 64
		be.PutUint16(ip[4:], uint16(tcpBytes+n))
		copy(ip[8:], "\xfd\x00source-address\xfd\x00target-address")
	}
	tcp := make([]byte, tcpBytes)
	be.PutUint16(tcp, 8080)
	be.PutUint32(tcp[4:], 0xffff_f000)
	tcp[12], tcp[13] = tcpBytes/4<<4, 0x80|0x18|1 // CWR, ACK, PSH, FIN
	be.PutUint16(tcp[16:], netbuf.Fold(pseudo(ip, uint16(tcpBytes+n))))
	ether := []byte("\x02other\x02mine!\x08\x00")
	if version == 6 {
		be.PutUint16(ether[12:], etherIPv6)
	}
	head := bytes.Join([][]byte{ether, ip, tcp}, nil)
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(data)
	b := pool.Get()
	copy(b.Append(len(head)), head)
	b.Checksum, b.CsumStart, b.CsumOffset = netbuf.ChecksumPartial, uint16(14+len(ip)), tcpOffset
	for last := b; len(data) > 0; {
		k := min(part-last.Len(), len(data))
		copy(last.Append(max(k, 0)), data)
		if data = data[max(k, 0):]; len(data) > 0 {
			next := pool.Get()
			last.SetNext(next)
			last = next
		}
	}
	return b
}

// pseudo is the sum of a pseudo header for TCP.
func pseudo(ip []byte, length uint16) uint64 {
	addresses := ip[12:20]
	if ip[0]>>4 == 6 {
		addresses = ip[8:40]
	}
	return netbuf.Sum(uint64(protoTCP)+uint64(length), addresses)
}

// sent packs packets and has a chip send them, and returns the frames.
func sent(t *testing.T, bufs ...*netbuf.Buf) (frames [][]byte) {
	t.Helper()
	c := lan9514.New(lan9514.Config{Wire: func(f []byte) { frames = append(frames, bytes.Clone(f)) }})
	c.Control(lan9514.Setup{0, 9, 1}, nil)
	for a, v := range map[csr]uint32{regMAC: macTxOn, regTxCfg: txStart, regCOE: coeTx} {
		c.Control(lan9514.Setup{0x40, writeRequest, 0, 0, byte(a), byte(a >> 8), 4}, binary.LittleEndian.AppendUint32(nil, v))
	}
	for len(bufs) > 0 {
		transfer := make([]byte, transferBytes)
		var tally usbnet.Tally
		used, n := (&chip{}).Pack(allOffloads, transfer, 0, bufs, &tally)
		if n == 0 || tally.Bad > 0 {
			t.Fatalf("%d packets of %d, %+v", n, len(bufs), tally)
		}
		bufs = bufs[n:]
		c.Out(transfer[:used])
	}
	if s := c.Stats(); s.TxBad > 0 {
		t.Fatalf("%+v", s)
	}
	return frames
}

// TestSegments: a long TCP packet goes out as frames that are right each by itself, with
// all its data, in order.
func TestSegments(t *testing.T) {
	for _, version := range []int{4, 6} {
		for _, size := range []struct{ data, part, mss int }{
			{1429, 1984, 1428}, {13000, 1984, 1428}, {2856, 500, 1428}, {30, 1984, 1}, {5000, 1984, 900}, {1400, 1984, 1428},
		} {
			b := packet(t, version, size.data, size.part)
			b.GSO, b.GSOSize = netbuf.GSOTCP4, uint16(size.mss)
			if version == 6 {
				b.GSO = netbuf.GSOTCP6
			}
			b.HeaderLen = b.CsumStart + 32
			want := b.AppendTo(nil)
			frames := sent(t, b, packet(t, version, 10, 2000))
			frames = frames[:len(frames)-1]
			var data []byte
			for i, f := range frames {
				data = append(data, checkFrame(t, f, version, i, size.mss, i == len(frames)-1)...)
			}
			if !bytes.Equal(data, want[b.HeaderLen:]) || len(frames) != (size.data+size.mss-1)/size.mss {
				t.Errorf("IPv%d, %+v: %d frames, %d bytes", version, size, len(frames), len(data))
			}
		}
	}
}

// checkFrame looks at the headers of frame i of a segmented packet and returns its data.
func checkFrame(t *testing.T, f []byte, version, i, mss int, last bool) []byte {
	t.Helper()
	be := binary.BigEndian
	ip, length := f[14:14+ipv6Bytes], int(be.Uint16(f[18:]))
	if version == 4 {
		ip, length = f[14:14+ipv4Bytes], int(be.Uint16(f[16:]))-ipv4Bytes
		if netbuf.Fold(netbuf.Sum(0, ip)) != allOnes || be.Uint16(ip[4:]) != 0xfffe+uint16(i) {
			t.Errorf("frame %d: IP header % x", i, ip)
		}
	}
	tcp := f[14+len(ip):][:length]
	if sum := netbuf.Fold(netbuf.Sum(pseudo(ip, uint16(length)), tcp)); sum != allOnes {
		t.Errorf("frame %d: checksum %#x", i, sum)
	}
	if seq := be.Uint32(tcp[4:]); seq != 0xffff_f000+uint32(i*mss) {
		t.Errorf("frame %d: sequence number %#x", i, seq)
	}
	flags := byte(0x10)
	if i == 0 {
		flags |= 0x80
	}
	if last {
		flags |= 0x9
	}
	if tcp[13] != flags {
		t.Errorf("frame %d: flags %#x, want %#x", i, tcp[13], flags)
	}
	return tcp[32:]
}

// TestChecksums: frames with a partial checksum leave complete, by the chip or not, and
// what comes with a right one is found valid.
func TestChecksums(t *testing.T) {
	for _, version := range []int{4, 6} {
		for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 100, 1400} {
			f := sent(t, packet(t, version, n, 2000))[0]
			length := 14 + int(binary.BigEndian.Uint16(f[16:]))
			if version == 6 {
				length = 14 + 40 + int(binary.BigEndian.Uint16(f[18:]))
			}
			whole := netbuf.Fold(netbuf.Sum(0, f[14:]))
			if padded := len(f) > length; valid(f, whole) != !padded {
				t.Errorf("IPv%d, %d bytes: valid is %v", version, n, valid(f, whole))
			}
			f[len(f)-1] ^= 1
			if valid(f, netbuf.Fold(netbuf.Sum(0, f[14:]))) {
				t.Errorf("IPv%d, %d bytes: a changed frame is valid", version, n)
			}
		}
	}
}
