package socket

import (
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// further is what datagram sockets do that only programs with calls of their own ask for:
// filters, and many datagrams in one call. It is empty before Full, so that other images
// are without it. What would have to move to the heap for a call by a variable goes by value.
var further struct {
	set     func(k *Socket, level, name int, b []byte) (e syscall.Errno, served bool)
	get     func(k *Socket, level, name int) (v int, served bool)
	receive func(k *Socket, v vector, peek bool) (int, arrival, syscall.Errno)
	send    func(k *Socket, v vector, to tcpip.FullAddress, o outgoing) (int, syscall.Errno)
	control func(k *Socket, typ uint32, d []byte) (segment int, e syscall.Errno)
}

func serveFurther() {
	further.set, further.get = (*Socket).setFurther, (*Socket).getFurther
	further.receive, further.send, further.control = (*Socket).receiveSifted, (*Socket).sendSegments, (*Socket).controlUDP
}

// Options of SOL_UDP, and types of its control messages (udp(7), linux/udp.h).
const (
	solUDP       = syscall.IPPROTO_UDP
	udpSegment   = 103
	udpGRO       = 104
	soLockFilter = 44
)

func (k *Socket) setFurther(level, name int, b []byte) (syscall.Errno, bool) {
	switch {
	case level == solSocket && !k.stream():
		switch name {
		case syscall.SO_ATTACH_FILTER, syscall.SO_DETACH_FILTER, soLockFilter:
			e := k.opts.filter.option(name, b)
			k.opts.resift()
			return e, true
		}
	case level == solUDP && k.isUDP():
		v, e := parseInt(level, b)
		switch {
		case e != 0:
		case name == udpSegment && v >= 0 && v <= 0xffff:
			k.opts.segment.Store(int32(v))
		case name == udpGRO:
			k.opts.gro.Store(v != 0)
			k.opts.resift()
		case name == udpSegment:
			e = syscall.EINVAL
		default:
			e = syscall.ENOPROTOOPT
		}
		return e, true
	}
	return 0, false
}

func (k *Socket) getFurther(level, name int) (v int, served bool) {
	number := func(on bool) int {
		if on {
			return 1
		}
		return 0
	}
	switch {
	case level == solSocket && name == soLockFilter:
		f := k.opts.filter.Load()
		return number(f != nil && f.locked), true
	case level == solUDP && name == udpSegment && k.isUDP():
		return int(k.opts.segment.Load()), true
	case level == solUDP && name == udpGRO && k.isUDP():
		return number(k.opts.gro.Load()), true
	}
	return 0, false
}

func (k *Socket) isUDP() bool {
	return k.typ == syscall.SOCK_DGRAM && k.proto == syscall.IPPROTO_UDP
}
