package socket

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/kernel/posix/socket/bpf"
)

// A filter is a socket's, as SO_ATTACH_FILTER sets it. It looks at a packet when the program
// reads it or asks whether there is one; until then what it refuses waits in the queue.
type filter struct {
	program bpf.Program
	locked  bool // SO_LOCK_FILTER: for good
}

// A filterSlot is where a socket has one.
type filterSlot struct{ atomic.Pointer[filter] }

// option serves SO_ATTACH_FILTER, SO_DETACH_FILTER and SO_LOCK_FILTER.
func (s *filterSlot) option(name int, b []byte) syscall.Errno {
	f := s.Load()
	locked := f != nil && f.locked
	if name == syscall.SO_ATTACH_FILTER {
		code, e := codeOf(b)
		switch {
		case e != 0:
			return e
		case locked:
			return syscall.EPERM
		}
		p, err := bpf.Check(code)
		if err != nil {
			return syscall.EINVAL
		}
		s.Store(&filter{program: p})
		return 0
	}
	v, e := parseInt(solSocket, b)
	switch {
	case e != 0:
		return e
	case name == soLockFilter && f != nil && v != 0:
		s.Store(&filter{f.program, true})
	case locked:
		return syscall.EPERM
	case name == soLockFilter:
	case f == nil:
		return syscall.ENOENT
	default:
		s.Store(nil)
	}
	return 0
}

// resift says whether receiving takes the long way.
func (o *options) resift() { o.sifted.Store(o.filter.Load() != nil || o.gro.Load()) }

// packetRoom holds a datagram, and before it the headers that a filter sees.
type packetRoom struct {
	b [packetHead + maxBounce]byte
}

const packetHead = header.IPv6MinimumSize + header.UDPMinimumSize

func (r *packetRoom) payload(n int) []byte { return r.b[packetHead : packetHead+n] }

var packetRooms = sync.Pool{New: func() any { return new(packetRoom) }}

// receiveSifted is receive for a socket with a filter, or one that merges datagrams.
func (k *Socket) receiveSifted(v vector, peek bool) (int, arrival, syscall.Errno) {
	k.readMu.Lock()
	defer k.readMu.Unlock()
	room := packetRooms.Get().(*packetRoom)
	defer packetRooms.Put(room)
	n, res, e := k.passed(peek, room)
	if e != 0 {
		return 0, res, e
	}
	before := v.len()
	v.put(room.payload(n))
	if res.Total = n; k.opts.gro.Load() && !peek && n <= before && n > 0 {
		k.merge(&v, &res, room)
	}
	return before - v.len(), res, 0
}

// passed reads the next packet that the filter lets in to room, as far as it does, drops
// those before it, and leaves it in the queue if peek says so. Needs k.readMu.
func (k *Socket) passed(peek bool, room *packetRoom) (n int, a arrival, e syscall.Errno) {
	f := k.opts.filter.Load()
	for {
		k.in.n, k.in.vector = 0, vector{cur: room.b[packetHead:]}
		res, err := k.ep.Read(&k.in, tcpip.ReadOptions{Peek: peek, NeedRemoteAddr: true})
		k.in.vector = vector{}
		if err != nil {
			return 0, a, errno(err)
		}
		n, a.ReadResult = k.in.n, res
		if f == nil {
			return n, a, 0
		}
		if keep, in := k.admits(f.program, room, n, &res); in {
			return keep, a, 0
		}
		if peek {
			k.drop()
		}
	}
}

// drop takes the next packet out of the queue. Needs k.readMu.
func (k *Socket) drop() {
	k.in.n, k.in.vector = 0, vector{}
	k.ep.Read(&k.in, tcpip.ReadOptions{})
}

// admits runs a filter on a packet of n bytes in room, and returns how many of them the
// socket gets, and whether it gets the packet at all. The network header, which the stack
// has taken off, is made anew, as far as one knows it.
func (k *Socket) admits(p bpf.Program, room *packetRoom, n int, res *tcpip.ReadResult) (keep int, in bool) {
	at, head := packetHead, 0 // where the socket's data begin, and what of them is no payload
	if k.isUDP() {
		at, head = at-header.UDPMinimumSize, header.UDPMinimumSize
		udp := header.UDP(room.b[at:])
		udp.Encode(&header.UDPFields{SrcPort: res.RemoteAddr.Port, DstPort: k.localPort(), Length: uint16(head + n)})
	}
	packet := bpf.Packet{Data: room.b[at : packetHead+n], Protocol: uint16(header.IPv4ProtocolNumber), Interface: uint32(res.RemoteAddr.NIC), Hardware: 1, Random: rand.Uint32}
	if k.family == syscall.AF_INET6 && res.RemoteAddr.Addr.Len() == header.IPv6AddressSize {
		packet.Protocol = uint16(header.IPv6ProtocolNumber)
		packet.Net = room.b[at-header.IPv6MinimumSize : packetHead+n]
		k.putIPv6(packet.Net, res)
	} else if k.typ == syscall.SOCK_RAW {
		packet.Net = packet.Data // which begins with it
	} else {
		packet.Net = room.b[at-header.IPv4MinimumSize : packetHead+n]
		k.putIPv4(packet.Net, res)
	}
	got := p.Run(&packet)
	if got == 0 {
		return 0, false
	}
	return min(max(int(got), head)-head, n), true
}

func (k *Socket) localPort() uint16 {
	a, _ := k.ep.GetLocalAddress()
	return a.Port
}

func (k *Socket) putIPv4(b []byte, res *tcpip.ReadResult) {
	local, _ := k.ep.GetLocalAddress()
	clear(b[:header.IPv4MinimumSize])
	b[0], b[1], b[8], b[9] = 0x45, res.ControlMessages.TOS, max(res.ControlMessages.TTL, 1), byte(k.proto)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	copyAddress(b[12:16], res.RemoteAddr.Addr)
	copyAddress(b[16:20], local.Addr)
}

func (k *Socket) putIPv6(b []byte, res *tcpip.ReadResult) {
	local, _ := k.ep.GetLocalAddress()
	clear(b[:header.IPv6MinimumSize])
	b[0], b[6], b[7] = 0x60, byte(k.proto), max(res.ControlMessages.HopLimit, 1)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-header.IPv6MinimumSize))
	copyAddress(b[8:24], res.RemoteAddr.Addr)
	copyAddress(b[24:40], local.Addr)
}

// copyAddress writes an address, of IPv4 in IPv6 its own bytes.
func copyAddress(b []byte, a tcpip.Address) {
	raw := a.AsSlice()
	copy(b, raw[max(len(raw)-len(b), 0):])
}
