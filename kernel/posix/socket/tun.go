package socket

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/kernel/posix/file"
)

// A tunnel is /dev/net/tun, opened (Linux, Documentation/networking/tuntap.rst): from
// TUNSETIFF on it is an interface of the stack whose packets the program reads and writes,
// one at a time, whole and without anything before them.
type tunnel struct {
	file.Pollable
	mu   sync.Mutex // held while link is set
	link atomic.Pointer[tunLink]
}

// A tunLink is its interface, which goes when the tunnel is closed.
type tunLink struct {
	s     *Stack
	id    tcpip.NICID
	name  string
	ep    *channel.Endpoint // what the program has not read
	frame uint32            // bytes before a packet: an Ethernet header's, of a tap
}

const (
	tunQueue  = 500 // packets (TUN_READQ_SIZE)
	tunMTU    = 1500
	maxTunMTU = 65535
	tunDevice = 10<<8 | 200 // misc, net/tun (devices.txt)
)

// tunnels are those that there are, by their interface.
var tunnels struct {
	sync.Mutex
	all map[tunKey]*tunLink
}

type tunKey struct {
	s  *Stack
	id tcpip.NICID
}

// tunLinkOf returns the tunnel that an interface is, nil if it is none.
func (s *Stack) tunLinkOf(id tcpip.NICID) *tunLink {
	tunnels.Lock()
	defer tunnels.Unlock()
	return tunnels.all[tunKey{s, id}]
}

// begin makes f an interface of s, which is down.
func (f *tunnel) begin(s *Stack, name string, tap bool) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link.Load() != nil {
		return syscall.EINVAL
	}
	tunnels.Lock()
	defer tunnels.Unlock()
	name, e := s.freeName(name, tap)
	if e != 0 {
		return e
	}
	l := &tunLink{s: s, name: name}
	var ep stack.LinkEndpoint
	if tap {
		l.frame = header.EthernetMinimumSize
		mac := binary.NativeEndian.AppendUint64(nil, rand.Uint64())[:header.EthernetAddressSize]
		mac[0] = mac[0]&^1 | 2 // of one station, assigned here (IEEE 802, 8.2)
		l.ep = channel.New(tunQueue, tunMTU+l.frame, tcpip.LinkAddress(mac))
		ep = ethernet.New(l.ep)
	} else {
		l.ep = channel.New(tunQueue, tunMTU, "")
		ep = l.ep
	}
	l.ep.AddNotify(f)
	for l.id = firstID; s.net.HasNIC(l.id); l.id++ {
	}
	if err := s.createNIC(l.id, ep, name, true); err != nil {
		s.opt.Logf("%v", err)
		return syscall.EINVAL
	}
	if tunnels.all == nil {
		tunnels.all = map[tunKey]*tunLink{}
	}
	tunnels.all[tunKey{s, l.id}] = l
	f.link.Store(l)
	return 0
}

// freeName returns the name of a new interface: with %d, or none, the first number that is free.
func (s *Stack) freeName(name string, tap bool) (string, syscall.Errno) {
	switch {
	case name == "" && tap:
		name = "tap%d"
	case name == "":
		name = "tun%d"
	}
	before, after, numbered := strings.Cut(name, "%d")
	for n := 0; numbered; n++ {
		if name = fmt.Sprint(before, n, after); s.nicByName(name) == 0 {
			break
		}
	}
	switch {
	case strings.ContainsAny(name, "/%: \t\n") || len(name) >= ifName || name == "." || name == "..":
		return "", syscall.EINVAL
	case s.nicByName(name) != 0:
		return "", syscall.EBUSY
	}
	return name, 0
}

// WriteNotify implements channel.Notification.
func (f *tunnel) WriteNotify() { f.Post(file.ModeRead) }

// Read implements file.File: it takes one packet, of which what p has no room for is lost.
func (f *tunnel) Read(p []byte) (int, syscall.Errno) {
	l := f.link.Load()
	if l == nil {
		return 0, syscall.EBADFD
	}
	pkt := l.ep.Read()
	if pkt == nil {
		return 0, syscall.EAGAIN
	}
	defer pkt.DecRef()
	v := pkt.ToView()
	defer v.Release()
	return copy(p, v.AsSlice()), 0
}

// Write implements file.File: the stack receives p. EIO says that the interface is down.
func (f *tunnel) Write(p []byte) (int, syscall.Errno) {
	l := f.link.Load()
	switch {
	case l == nil:
		return 0, syscall.EBADFD
	case !l.s.net.CheckNIC(l.id):
		return 0, syscall.EIO
	case len(p) < int(l.frame) || len(p) == 0 || len(p) > maxTunMTU+int(l.frame):
		return 0, syscall.EINVAL
	}
	var proto tcpip.NetworkProtocolNumber // of a tap, the frame says it
	if l.frame == 0 {
		switch p[0] >> 4 {
		case header.IPv4Version:
			proto = header.IPv4ProtocolNumber
		case header.IPv6Version:
			proto = header.IPv6ProtocolNumber
		default:
			return 0, syscall.EINVAL
		}
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(p)})
	defer pkt.DecRef()
	l.ep.InjectInbound(proto, pkt)
	return len(p), 0
}

// Poll implements file.Poller.
func (f *tunnel) Poll() uint32 {
	l := f.link.Load()
	switch {
	case l == nil:
		return file.PollErr
	case l.ep.NumQueued() > 0:
		return file.PollIn | file.PollOut
	}
	return file.PollOut
}

// Stat implements file.File.
func (f *tunnel) Stat(st *syscall.Stat_t) syscall.Errno {
	*st = syscall.Stat_t{Mode: syscall.S_IFCHR | 0o666, Nlink: 1, Rdev: tunDevice, Blksize: 4096}
	return 0
}

// Close implements file.File: the interface goes, with its addresses and routes.
func (f *tunnel) Close() syscall.Errno {
	l := f.link.Load()
	if l == nil {
		return 0
	}
	tunnels.Lock()
	delete(tunnels.all, tunKey{l.s, l.id})
	tunnels.Unlock()
	l.s.changeRoutes(func() { l.s.static = without(l.s.static, l.id) })
	l.s.net.RemoveNIC(l.id)
	return 0
}

// without returns the routes that are not an interface's.
func without(routes []tcpip.Route, id tcpip.NICID) (others []tcpip.Route) {
	for _, r := range routes {
		if r.NIC != id {
			others = append(others, r)
		}
	}
	return others
}
