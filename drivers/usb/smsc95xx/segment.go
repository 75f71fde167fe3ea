package smsc95xx

import (
	"encoding/binary"

	"yolk/netdev/netbuf"
)

// Where TCP and IP have what differs from frame to frame.
const (
	ethernetBytes = 14
	ipv4Length    = 2
	ipv4ID        = 4
	ipv4Sum       = 10
	ipv6Length    = 4
	tcpSequence   = 4
	tcpFlags      = 13
	tcpLast       = 1<<0 | 1<<3 // FIN and PSH: on the last frame only
	tcpFirst      = 1 << 7      // CWR: on the first only
)

// segment cuts a TCP packet into frames and copies them to a transfer, behind what is
// used. It returns how far it is used then, as far as before when there is no room for
// all of them, and false for a packet whose headers make no sense or that no transfer
// can hold.
func segment(transfer []byte, used int, b *netbuf.Buf, length int) (end int, ok bool) {
	headers, size, tcp := int(b.HeaderLen), int(b.GSOSize), int(b.CsumStart)
	least := ethernetBytes + ipv4Bytes
	if b.GSO == netbuf.GSOTCP6 {
		least = ethernetBytes + ipv6Bytes
	}
	if tcp < least || headers < tcp+20 || b.CsumOffset != tcpOffset {
		return used, false
	}
	data := length - headers
	frames := (data + size - 1) / size
	need := data + frames*aligned(commandBytes+preambleBytes+headers+3)
	switch {
	case need > len(transfer):
		return used, false
	case aligned(used)+need > len(transfer):
		return used, true
	}
	from := reader{b, headers}
	for sent := 0; sent < data; sent += size {
		n := min(size, data-sent)
		f := place(transfer, used, headers+n)
		f.sum(tcp, tcpOffset)
		copy(f.bytes, b.Bytes()[:headers])
		from.copy(f.bytes[headers:])
		adjust(f.bytes, tcp, b.GSO, sent, sent/size, sent+n == data)
		f.finish()
		used = f.end
	}
	return used, true
}

// adjust makes the headers of one frame of those of the whole packet: lengths, IPv4's
// number and checksum, TCP's sequence number and flags, and the length in the partial
// checksum, which is over the pseudo header.
func adjust(f []byte, tcp int, kind netbuf.GSO, sent, number int, last bool) {
	const ip = ethernetBytes
	be := binary.BigEndian
	h := f[tcp:]
	payload := len(f) - tcp
	whole := be.Uint16(f[ip+ipv6Length:]) // with IPv6, and no extension header
	if kind == netbuf.GSOTCP4 {
		whole = be.Uint16(f[ip+ipv4Length:]) - uint16(tcp-ip)
		be.PutUint16(f[ip+ipv4Length:], uint16(len(f)-ip))
		be.PutUint16(f[ip+ipv4ID:], be.Uint16(f[ip+ipv4ID:])+uint16(number))
		be.PutUint16(f[ip+ipv4Sum:], 0)
		be.PutUint16(f[ip+ipv4Sum:], ^netbuf.Fold(netbuf.Sum(0, f[ip:tcp])))
	} else {
		whole -= uint16(tcp - ip - ipv6Bytes)
		be.PutUint16(f[ip+ipv6Length:], uint16(len(f)-ip-ipv6Bytes))
	}
	be.PutUint32(h[tcpSequence:], be.Uint32(h[tcpSequence:])+uint32(sent))
	if !last {
		h[tcpFlags] &^= tcpLast
	}
	if number > 0 {
		h[tcpFlags] &^= tcpFirst
	}
	sum := uint64(be.Uint16(h[tcpOffset:])) + uint64(^whole) + uint64(payload)
	be.PutUint16(h[tcpOffset:], netbuf.Fold(sum))
}

// reader reads a packet of several parts from some byte on.
type reader struct {
	b  *netbuf.Buf
	at int // in b
}

// copy fills dst, for which there is enough.
func (r *reader) copy(dst []byte) {
	for len(dst) > 0 && r.b != nil {
		p := r.b.Bytes()
		n := copy(dst, p[min(r.at, len(p)):])
		dst = dst[n:]
		if r.at += n; r.at >= len(p) {
			r.at -= len(p)
			r.b = r.b.Next()
		}
	}
}
