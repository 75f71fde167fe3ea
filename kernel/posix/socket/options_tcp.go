package socket

import (
	"encoding/binary"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// setTCP sets the IPPROTO_TCP options that are not plain numbers.
func (k *Socket) setTCP(name int, b []byte) syscall.Errno {
	if name == syscall.TCP_CONGESTION {
		o := tcpip.CongestionControlOption(cutZero(b))
		return errno(k.ep.SetSockOpt(&o))
	}
	v, e := parseInt(solTCP, b)
	if e != 0 {
		return e
	}
	secs := time.Duration(v) * time.Second
	switch name {
	case syscall.TCP_NODELAY:
		k.ep.SocketOptions().SetDelayOption(v == 0)
		return 0
	case syscall.TCP_KEEPIDLE:
		o := tcpip.KeepaliveIdleOption(secs)
		return k.setSeconds(v, 1, 32767, &o)
	case syscall.TCP_KEEPINTVL:
		o := tcpip.KeepaliveIntervalOption(secs)
		return k.setSeconds(v, 1, 32767, &o)
	case syscall.TCP_LINGER2:
		o := tcpip.TCPLingerTimeoutOption(secs)
		return errno(k.ep.SetSockOpt(&o))
	case syscall.TCP_DEFER_ACCEPT:
		o := tcpip.TCPDeferAcceptOption(max(secs, 0))
		return errno(k.ep.SetSockOpt(&o))
	case tcpUserTimeout:
		o := tcpip.TCPUserTimeoutOption(time.Duration(v) * time.Millisecond)
		return k.setSeconds(v, 0, 1<<31-1, &o)
	}
	return syscall.ENOPROTOOPT
}

// setSeconds sets an option whose value must lie between lo and hi.
func (k *Socket) setSeconds(v, lo, hi int, o tcpip.SettableSocketOption) syscall.Errno {
	if v < lo || v > hi {
		return syscall.EINVAL
	}
	return errno(k.ep.SetSockOpt(o))
}

// getTCP reads the IPPROTO_TCP options that are not plain numbers.
func (k *Socket) getTCP(name int, b []byte) (int, syscall.Errno) {
	switch name {
	case syscall.TCP_NODELAY:
		return putBool(b, !k.ep.SocketOptions().GetDelayOption())
	case syscall.TCP_KEEPIDLE:
		var o tcpip.KeepaliveIdleOption
		err := k.ep.GetSockOpt(&o)
		return putTime(b, time.Duration(o), time.Second, err)
	case syscall.TCP_KEEPINTVL:
		var o tcpip.KeepaliveIntervalOption
		err := k.ep.GetSockOpt(&o)
		return putTime(b, time.Duration(o), time.Second, err)
	case syscall.TCP_LINGER2:
		var o tcpip.TCPLingerTimeoutOption
		err := k.ep.GetSockOpt(&o)
		if err == nil && o < 0 {
			return putInt(b, -1) // not at all
		}
		return putTime(b, time.Duration(o), time.Second, err)
	case syscall.TCP_DEFER_ACCEPT:
		var o tcpip.TCPDeferAcceptOption
		err := k.ep.GetSockOpt(&o)
		return putTime(b, time.Duration(o), time.Second, err)
	case tcpUserTimeout:
		var o tcpip.TCPUserTimeoutOption
		err := k.ep.GetSockOpt(&o)
		return putTime(b, time.Duration(o), time.Millisecond, err)
	case syscall.TCP_CONGESTION:
		var o tcpip.CongestionControlOption
		if err := k.ep.GetSockOpt(&o); err != nil {
			return 0, errno(err)
		}
		clear(b[:16]) // TCP_CA_NAME_MAX
		copy(b[:15], o)
		return 16, 0
	case syscall.TCP_INFO:
		return k.tcpInfo(b)
	}
	return 0, syscall.ENOPROTOOPT
}

func putTime(b []byte, d, unit time.Duration, err tcpip.Error) (int, syscall.Errno) {
	if err != nil {
		return 0, errno(err)
	}
	return putInt(b, int(d/unit))
}

// tcpStates gives Linux's numbers (net/tcp_states.h) for the stack's states.
var tcpStates = [...]struct {
	ours  tcp.EndpointState
	linux byte
}{
	{tcp.StateEstablished, 1}, {tcp.StateSynSent, 2}, {tcp.StateConnecting, 2}, {tcp.StateSynRecv, 3},
	{tcp.StateFinWait1, 4}, {tcp.StateFinWait2, 5}, {tcp.StateTimeWait, 6}, {tcp.StateCloseWait, 8},
	{tcp.StateLastAck, 9}, {tcp.StateListen, 10}, {tcp.StateClosing, 11},
}

const closed = 7

func linuxState(state tcp.EndpointState) byte {
	for _, s := range &tcpStates {
		if s.ours == state {
			return s.linux
		}
	}
	return closed
}

// tcpInfo writes the part of struct tcp_info (linux/tcp.h, 104 bytes) the
// stack knows: state, ca_state, rto, snd_mss, rtt, rttvar, ssthresh, cwnd.
// Times are in microseconds.
func (k *Socket) tcpInfo(b []byte) (int, syscall.Errno) {
	const size = 104
	var o tcpip.TCPInfoOption
	if err := k.ep.GetSockOpt(&o); err != nil {
		return 0, errno(err)
	}
	clear(b[:size])
	b[0] = linuxState(tcp.EndpointState(k.ep.State()))
	b[1] = byte(o.CcState)
	mss, _ := k.ep.GetSockOptInt(tcpip.MaxSegOption)
	for _, f := range [...]struct {
		at int
		v  uint32
	}{
		{8, uint32(o.RTO.Microseconds())}, {16, uint32(mss)}, {20, uint32(mss)},
		{68, uint32(o.RTT.Microseconds())}, {72, uint32(o.RTTVar.Microseconds())},
		{76, o.SndSsthresh}, {80, o.SndCwnd}, {84, uint32(mss)},
	} {
		binary.NativeEndian.PutUint32(b[f.at:], f.v)
	}
	return size, 0
}

// maxName is the longest name that an option takes (IFNAMSIZ, TCP_CA_NAME_MAX).
const maxName = 15

// cutZero is the name at b, up to its first zero byte.
func cutZero(b []byte) string {
	b = b[:min(len(b), maxName)]
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
