package socket

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket/bpf"
)

// A packetSocket is a socket of AF_PACKET (packet(7)): frames as they come from an interface
// and go to it. Its methods never block and may be called concurrently. It sees what the
// device is given and gives, before the stack: segments that the device divides in one piece,
// with checksums that it has yet to make.
type packetSocket struct {
	file.Pollable
	stack  *Stack
	raw    bool // SOCK_RAW: with the link header
	inode  uint64
	filter filterSlot

	auxdata, timestamp, nanoseconds, noOutgoing atomic.Bool

	mu         sync.Mutex
	nic        tcpip.NICID // 0: all
	protocol   uint16      // ETH_P_; 0: none, 3: all
	queue      []capture
	bytes      int // in it, with what each costs
	room       int
	seen, lost uint32 // since PACKET_STATISTICS was asked
	promisc    map[tcpip.NICID]int
}

// A capture is a frame, or what the filter has left of one, for a socket.
type capture struct {
	data     []byte
	length   int // before the filter
	at       time.Time
	nic      tcpip.NICID
	protocol uint16
	kind     tcpip.PacketType
	source   [header.EthernetAddressSize]byte
}

const (
	protocolAll   = 3     // ETH_P_ALL
	protocol8022  = 4     // ETH_P_802_2
	leastProtocol = 0x600 // a length, if less (ETH_P_802_3_MIN)
	captureCost   = 256   // bytes that a queued frame costs beside its own
)

var _ file.Socket = (*packetSocket)(nil)

// newPacket serves socket(2) for AF_PACKET.
func (s *Stack) newPacket(typ, proto uintptr) (file.Socket, syscall.Errno) {
	if typ != syscall.SOCK_RAW && typ != syscall.SOCK_DGRAM {
		return nil, syscall.ESOCKTNOSUPPORT
	}
	room, _ := bufferSizes(s.memory())
	k := &packetSocket{stack: s, raw: typ == syscall.SOCK_RAW, inode: lastInode.Add(1), protocol: swap16(uint16(proto)), room: room}
	s.openPacket(k)
	return k, 0
}

// swap16 turns a number in network order, as a socket's protocol is, around.
func swap16(v uint16) uint16 { return v<<8 | v>>8 }

// see queues a frame that the socket wants. The frame is not changed; it may be kept.
func (k *packetSocket) see(nic tcpip.NICID, frame []byte, kind tcpip.PacketType, from any) {
	protocol := uint16(header.Ethernet(frame).Type())
	if protocol < leastProtocol {
		protocol = protocol8022
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.nic != 0 && k.nic != nic, from == any(k), k.protocol == 0:
		return
	case k.protocol != protocolAll && (k.protocol != protocol || kind == tcpip.PacketOutgoing), kind == tcpip.PacketOutgoing && k.noOutgoing.Load():
		return
	}
	c := capture{data: frame, at: time.Now(), nic: nic, protocol: protocol, kind: kind}
	copy(c.source[:], frame[header.EthernetAddressSize:])
	if !k.raw {
		c.data = frame[header.EthernetMinimumSize:]
	}
	c.length = len(c.data)
	if f := k.filter.Load(); f != nil {
		keep := f.program.Run(&bpf.Packet{Data: c.data, Net: frame[header.EthernetMinimumSize:], Link: frame, Protocol: protocol,
			Type: uint8(linuxKind(kind)), Interface: uint32(nic), Hardware: k.stack.hardware(nic)})
		if keep == 0 {
			return
		}
		c.data = c.data[:min(int(keep), len(c.data))]
	}
	k.seen++
	if k.bytes >= k.room {
		k.lost++
		return
	}
	k.bytes += len(c.data) + captureCost
	k.queue = append(k.queue, c)
	k.Post(file.ModeRead)
}

// next takes the first frame, or looks at it.
func (k *packetSocket) next(peek bool) (c capture, e syscall.Errno) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) == 0 {
		return c, syscall.EAGAIN
	}
	c = k.queue[0]
	if !peek {
		k.queue[0] = capture{}
		if k.queue = k.queue[1:]; len(k.queue) == 0 {
			k.queue = nil
		}
		k.bytes -= len(c.data) + captureCost
	}
	return c, 0
}

// Read implements file.File.
func (k *packetSocket) Read(p []byte) (int, syscall.Errno) {
	c, e := k.next(false)
	return copy(p, c.data), e
}

// Poll implements file.Poller.
func (k *packetSocket) Poll() uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) > 0 {
		return file.PollIn | file.PollOut
	}
	return file.PollOut
}

// Stat implements file.File.
func (k *packetSocket) Stat(st *syscall.Stat_t) syscall.Errno { return statSocket(st, k.inode) }

// Close implements file.File.
func (k *packetSocket) Close() syscall.Errno {
	k.stack.closePacket(k)
	k.mu.Lock()
	defer k.mu.Unlock()
	for nic := range k.promisc {
		k.stack.promisc(nic, false)
	}
	k.queue, k.protocol = nil, 0
	return 0
}
