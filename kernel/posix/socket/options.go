package socket

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// maxOption is the size of the largest option value returned (tcp_info).
const maxOption = 256

// options are those settings the stack does not keep.
type options struct {
	timestamp          atomic.Bool  // SO_TIMESTAMP
	pktinfo4, pktinfo6 atomic.Bool  // IP_PKTINFO, IPV6_RECVPKTINFO
	priority           atomic.Int32 // SO_PRIORITY
	oobInline          atomic.Bool  // SO_OOBINLINE: there is no urgent data

	filter  filterSlot   // SO_ATTACH_FILTER
	segment atomic.Int32 // UDP_SEGMENT
	gro     atomic.Bool  // UDP_GRO
	sifted  atomic.Bool  // a filter, or gro

	mu     sync.Mutex
	groups []member // multicast groups joined
}

// Linux option numbers package syscall does not have on every architecture.
const (
	soReusePort     = 15
	soProtocol      = 38
	soDomain        = 39
	soBindToIfx     = 62
	ipMinTTL        = 21
	ipRecvOrigDst   = 20 // and the message's type
	ipv6RecvOrigDst = 74
	mcastJoin       = 42
	mcastLeave      = 45
	tcpUserTimeout  = 18
	icmp6Filter     = 1
	solTCP          = syscall.IPPROTO_TCP
	solIP           = syscall.IPPROTO_IP
	solIPv6         = syscall.IPPROTO_IPV6
	solSocket       = syscall.SOL_SOCKET
)

// An option is found by level and name together.
type key struct{ level, name int }

// flagOption is an on/off option the stack keeps.
type flagOption struct {
	key
	get func(*tcpip.SocketOptions) bool
	set func(*tcpip.SocketOptions, bool)
}

type so = tcpip.SocketOptions

var flagOptions = [...]flagOption{
	{key{solSocket, syscall.SO_REUSEADDR}, (*so).GetReuseAddress, (*so).SetReuseAddress},
	{key{solSocket, soReusePort}, (*so).GetReusePort, (*so).SetReusePort},
	{key{solSocket, syscall.SO_KEEPALIVE}, (*so).GetKeepAlive, (*so).SetKeepAlive},
	{key{solSocket, syscall.SO_BROADCAST}, (*so).GetBroadcast, (*so).SetBroadcast},
	{key{solSocket, syscall.SO_NO_CHECK}, (*so).GetNoChecksum, (*so).SetNoChecksum},
	{key{solTCP, syscall.TCP_CORK}, (*so).GetCorkOption, (*so).SetCorkOption},
	{key{solTCP, syscall.TCP_QUICKACK}, (*so).GetQuickAck, (*so).SetQuickAck},
	{key{solIP, syscall.IP_RECVTTL}, (*so).GetReceiveTTL, (*so).SetReceiveTTL},
	{key{solIP, syscall.IP_RECVTOS}, (*so).GetReceiveTOS, (*so).SetReceiveTOS},
	{key{solIP, ipRecvOrigDst}, (*so).GetReceiveOriginalDstAddress, (*so).SetReceiveOriginalDstAddress},
	{key{solIPv6, ipv6RecvOrigDst}, (*so).GetReceiveOriginalDstAddress, (*so).SetReceiveOriginalDstAddress},
	{key{solIP, syscall.IP_HDRINCL}, (*so).GetHeaderIncluded, (*so).SetHeaderIncluded},
	{key{solIP, syscall.IP_MULTICAST_LOOP}, (*so).GetMulticastLoop, (*so).SetMulticastLoop},
	{key{solIP, syscall.IP_RECVERR}, (*so).GetIPv4RecvError, (*so).SetIPv4RecvError},
	{key{solIPv6, syscall.IPV6_V6ONLY}, (*so).GetV6Only, (*so).SetV6Only},
	{key{solIPv6, syscall.IPV6_RECVHOPLIMIT}, (*so).GetReceiveHopLimit, (*so).SetReceiveHopLimit},
	{key{solIPv6, syscall.IPV6_RECVTCLASS}, (*so).GetReceiveTClass, (*so).SetReceiveTClass},
	{key{solIPv6, syscall.IPV6_MULTICAST_LOOP}, (*so).GetMulticastLoop, (*so).SetMulticastLoop},
	{key{solIPv6, syscall.IPV6_RECVERR}, (*so).GetIPv6RecvError, (*so).SetIPv6RecvError},
}

// intOption is a number the stack's endpoints keep. zero is what Linux
// reports where the stack says "default". The stack cuts what it keeps in a byte;
// Linux refuses what is no byte, but for -1, which is the default.
type intOption struct {
	key
	opt  tcpip.SockOptInt
	zero int
	byte bool
}

var intOptions = [...]intOption{
	{key{solIP, syscall.IP_TTL}, tcpip.IPv4TTLOption, 64, true},
	{key{solIP, syscall.IP_TOS}, tcpip.IPv4TOSOption, 0, false},
	{key{solIP, syscall.IP_MULTICAST_TTL}, tcpip.MulticastTTLOption, 0, true},
	{key{solIP, syscall.IP_MTU_DISCOVER}, tcpip.MTUDiscoverOption, 0, false},
	{key{solIPv6, syscall.IPV6_UNICAST_HOPS}, tcpip.IPv6HopLimitOption, 64, true},
	{key{solIPv6, syscall.IPV6_TCLASS}, tcpip.IPv6TrafficClassOption, 0, true},
	{key{solIPv6, syscall.IPV6_MULTICAST_HOPS}, tcpip.MulticastTTLOption, 0, true},
	{key{solTCP, syscall.TCP_MAXSEG}, tcpip.MaxSegOption, 0, false},
	{key{solTCP, syscall.TCP_KEEPCNT}, tcpip.KeepaliveCountOption, 0, false},
	{key{solTCP, syscall.TCP_SYNCNT}, tcpip.TCPSynCountOption, 0, false},
	{key{solTCP, syscall.TCP_WINDOW_CLAMP}, tcpip.TCPWindowClampOption, 0, false},
}

// applies says whether options of a level exist on this kind of socket.
func (k *Socket) applies(level int) bool {
	switch level {
	case solTCP:
		return k.stream()
	case solIPv6:
		return k.family == syscall.AF_INET6
	}
	return true
}

// setOption serves setsockopt(2).
func (k *Socket) setOption(level, name int, b []byte) syscall.Errno {
	if !k.applies(level) {
		return syscall.ENOPROTOOPT
	}
	for i := range flagOptions {
		if o := &flagOptions[i]; o.key == (key{level, name}) {
			v, e := parseInt(level, b)
			if e == 0 {
				o.set(k.ep.SocketOptions(), v != 0)
			}
			return e
		}
	}
	for i := range intOptions {
		if o := &intOptions[i]; o.key == (key{level, name}) {
			v, e := parseInt(level, b)
			if e != 0 {
				return e
			}
			return k.setInt(o, v)
		}
	}
	if further.set != nil {
		if e, served := further.set(k, level, name, b); served {
			return e
		}
	}
	switch level {
	case solSocket:
		return k.setSocket(name, b)
	case solTCP:
		return k.setTCP(name, b)
	case solIP:
		return k.setIP(name, b)
	case solIPv6:
		return k.setIPv6(name, b)
	case syscall.IPPROTO_ICMPV6:
		return k.setICMPv6(name, b)
	}
	return syscall.ENOPROTOOPT
}

func (k *Socket) setInt(o *intOption, v int) syscall.Errno {
	switch {
	case o.byte && (v < -1 || v > 255), o.opt == tcpip.IPv4TTLOption && v == 0:
		return syscall.EINVAL
	case o.opt == tcpip.IPv4TTLOption && v == -1:
		v = tcpip.UseDefaultIPv4TTL
	case o.opt == tcpip.IPv6TrafficClassOption && v == -1:
		v = 0
	}
	if o.opt == tcpip.MulticastTTLOption && v == -1 {
		v = 1
	}
	return errno(k.ep.SetSockOptInt(o.opt, v))
}

// getOption serves getsockopt(2): it writes the value to b, of maxOption
// bytes, and returns its size.
func (k *Socket) getOption(level, name int, b []byte) (int, syscall.Errno) {
	if !k.applies(level) {
		return 0, syscall.ENOPROTOOPT
	}
	for i := range flagOptions {
		if o := &flagOptions[i]; o.key == (key{level, name}) {
			return putBool(b, o.get(k.ep.SocketOptions()))
		}
	}
	for i := range intOptions {
		if o := &intOptions[i]; o.key == (key{level, name}) {
			v, err := k.ep.GetSockOptInt(o.opt)
			if err != nil {
				return 0, errno(err)
			}
			if o.zero != 0 && (v < 0 || v == 0 && o.opt == tcpip.IPv4TTLOption) {
				v = o.zero
			}
			return putInt(b, v)
		}
	}
	if further.get != nil {
		if v, served := further.get(k, level, name); served {
			return putInt(b, v)
		}
	}
	switch level {
	case solSocket:
		return k.getSocket(name, b)
	case solTCP:
		return k.getTCP(name, b)
	case solIP:
		return k.getIP(name, b)
	case solIPv6:
		return k.getIPv6(name, b)
	}
	return 0, syscall.ENOPROTOOPT
}

// parseInt reads an int option. IP options may also be one byte (ip(7)).
func parseInt(level int, b []byte) (int, syscall.Errno) {
	switch {
	case len(b) >= 4:
		return int(int32(binary.NativeEndian.Uint32(b))), 0
	case level == solIP && len(b) > 0:
		return int(b[0]), 0
	}
	return 0, syscall.EINVAL
}

func putInt(b []byte, v int) (int, syscall.Errno) {
	binary.NativeEndian.PutUint32(b, uint32(v))
	return 4, 0
}

func putBool(b []byte, v bool) (int, syscall.Errno) {
	if v {
		return putInt(b, 1)
	}
	return putInt(b, 0)
}
