package socket

import (
	"encoding/binary"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

func (k *packetSocket) setOption(level, name int, b []byte) syscall.Errno {
	if level == solSocket && (name == syscall.SO_ATTACH_FILTER || name == syscall.SO_DETACH_FILTER || name == soLockFilter) {
		return k.filter.option(name, b)
	}
	if level == solPacket && (name == packetAddMembership || name == packetDropMembership) {
		return k.membership(b, name == packetAddMembership)
	}
	v, e := parseInt(level, b)
	if e != 0 {
		return e
	}
	switch {
	case level == solPacket && name == packetAuxdata:
		k.auxdata.Store(v != 0)
	case level == solPacket && name == packetIgnoreOutgoing && v>>1 == 0:
		k.noOutgoing.Store(v != 0)
	case level == solSocket && name == syscall.SO_TIMESTAMP:
		k.timestamp.Store(v != 0)
	case level == solSocket && name == soTimestampNS:
		k.nanoseconds.Store(v != 0)
	case level == solSocket && (name == syscall.SO_RCVBUF || name == syscall.SO_RCVBUFFORCE):
		_, limit := bufferSizes(k.stack.memory())
		k.mu.Lock()
		k.room = int(bufferSize(v, minBuffer, int64(limit)))
		k.mu.Unlock()
	case level == solSocket && (name == syscall.SO_SNDBUF || name == syscall.SO_PRIORITY || name == syscall.SO_MARK || name == syscall.SO_BROADCAST):
	case level == solPacket && name == packetIgnoreOutgoing:
		return syscall.EINVAL
	default:
		return syscall.ENOPROTOOPT
	}
	return 0
}

// membership takes a struct packet_mreq: ifindex:4 type:2 alen:2 address:8. Frames to groups
// come in any case.
func (k *packetSocket) membership(b []byte, join bool) syscall.Errno {
	const promiscuous = 1
	if len(b) < 16 {
		return syscall.EINVAL
	}
	nic := tcpip.NICID(binary.NativeEndian.Uint32(b))
	if !k.stack.net.HasNIC(nic) {
		if join {
			return syscall.ENODEV
		}
		return 0
	}
	if binary.NativeEndian.Uint16(b[4:]) != promiscuous {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.promisc == nil {
		k.promisc = map[tcpip.NICID]int{}
	}
	switch {
	case join:
		if k.promisc[nic]++; k.promisc[nic] == 1 {
			k.stack.promisc(nic, true)
		}
	case k.promisc[nic] == 0:
		return syscall.EADDRNOTAVAIL
	default:
		if k.promisc[nic]--; k.promisc[nic] == 0 {
			delete(k.promisc, nic)
			k.stack.promisc(nic, false)
		}
	}
	return 0
}

func (k *packetSocket) getOption(level, name int, b []byte) (int, syscall.Errno) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case level == solPacket && name == packetStatistics: // struct tpacket_stats: packets:4 drops:4
		binary.NativeEndian.PutUint32(b, k.seen)
		binary.NativeEndian.PutUint32(b[4:], k.lost)
		k.seen, k.lost = 0, 0
		return 8, 0
	case level == solPacket && name == packetAuxdata:
		return putBool(b, k.auxdata.Load())
	case level == solSocket && name == syscall.SO_ERROR:
		return putInt(b, 0)
	case level == solSocket && name == syscall.SO_RCVBUF:
		return putInt(b, k.room)
	case level == solSocket && name == syscall.SO_SNDBUF:
		return putInt(b, maxBounce)
	case level == solSocket && name == syscall.SO_TYPE && k.raw:
		return putInt(b, syscall.SOCK_RAW)
	case level == solSocket && name == syscall.SO_TYPE:
		return putInt(b, syscall.SOCK_DGRAM)
	case level == solSocket && name == soDomain:
		return putInt(b, syscall.AF_PACKET)
	case level == solSocket && name == soProtocol:
		return putInt(b, int(swap16(k.protocol)))
	}
	return 0, syscall.ENOPROTOOPT
}
