package socket

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"yolk/kernel/posix/file"
)

// SocketCall implements file.Socket, as [Socket.SocketCall] does; for the use of unsafe see
// there.
func (k *packetSocket) SocketCall(nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) (uintptr, syscall.Errno) {
	switch nr {
	case syscall.SYS_RECVFROM:
		m := syscall.Msghdr{Name: (*byte)(p[4])}
		return k.received(vector{cur: file.Bytes(p[1], a[2])}, a[3], &m, (*uint32)(p[5]))
	case syscall.SYS_RECVMSG:
		m := (*syscall.Msghdr)(p[1])
		v, e := vectorOf(m)
		if e != 0 {
			return 0, e
		}
		return k.received(v, a[2], m, &m.Namelen)
	case syscall.SYS_SENDTO:
		n, e := k.send(vector{cur: file.Bytes(p[1], a[2])}, file.Bytes(p[4], addrLen(a[5])))
		return uintptr(n), e
	case syscall.SYS_SENDMSG:
		m := (*syscall.Msghdr)(p[1])
		v, e := vectorOf(m)
		if e != 0 {
			return 0, e
		}
		n, e := k.send(v, file.Bytes(unsafe.Pointer(m.Name), addrLen(uintptr(m.Namelen))))
		return uintptr(n), e
	case syscall.SYS_BIND:
		return 0, k.bind(file.Bytes(p[1], addrLen(a[2])))
	case syscall.SYS_GETSOCKNAME:
		k.mu.Lock()
		name := k.putLink(k.nic, k.protocol, 0, k.station())
		k.mu.Unlock()
		return 0, giveName(name[:k.nameLength(name[:])], p[1], (*uint32)(p[2]))
	case syscall.SYS_SETSOCKOPT:
		if int32(a[4]) < 0 {
			return 0, syscall.EINVAL
		}
		return 0, k.setOption(int(int32(a[1])), int(int32(a[2])), file.Bytes(p[3], uintptr(int32(a[4]))))
	case syscall.SYS_GETSOCKOPT:
		length := (*uint32)(p[4])
		if length == nil || p[3] == nil {
			return 0, syscall.EFAULT
		}
		var b [8]byte
		n, e := k.getOption(int(int32(a[1])), int(int32(a[2])), b[:])
		if e == 0 {
			*length = uint32(copy(file.Bytes(p[3], uintptr(*length)), b[:n]))
		}
		return 0, e
	}
	return 0, syscall.EOPNOTSUPP
}

// Ioctl implements file's optional interface for ioctl(2).
func (k *packetSocket) Ioctl(req uintptr, arg unsafe.Pointer) (uintptr, syscall.Errno) {
	if req != syscall.TIOCINQ { // FIONREAD
		return 0, requests(k.stack, req, arg)
	}
	if arg == nil {
		return 0, syscall.EFAULT
	}
	c, _ := k.next(true)
	*(*int32)(arg) = int32(len(c.data))
	return 0, 0
}

// received serves recvfrom and recvmsg, of which only the latter has room for control messages.
func (k *packetSocket) received(v vector, flags uintptr, m *syscall.Msghdr, length *uint32) (uintptr, syscall.Errno) {
	if flags&(syscall.MSG_OOB|msgErrQueue) != 0 {
		return 0, syscall.EAGAIN
	}
	c, e := k.next(flags&syscall.MSG_PEEK != 0)
	if e != 0 {
		return 0, e
	}
	n := v.put(c.data)
	name := k.putLink(c.nic, c.protocol, linuxKind(c.kind), c.source[:])
	giveName(name[:k.nameLength(name[:])], unsafe.Pointer(m.Name), length)
	m.Flags = 0
	if n < len(c.data) {
		m.Flags |= syscall.MSG_TRUNC
		if flags&syscall.MSG_TRUNC != 0 {
			n = len(c.data)
		}
	}
	messages := control{b: file.Bytes(unsafe.Pointer(m.Control), uintptr(m.Controllen))}
	k.putControl(&messages, &c)
	m.Controllen = uint64(messages.n)
	if messages.cut {
		m.Flags |= syscall.MSG_CTRUNC
	}
	return uintptr(n), 0
}

// nameLength is a struct sockaddr_ll's: its station has eight bytes whatever it needs.
func (k *packetSocket) nameLength(name []byte) int { return max(linkAddr+int(name[11]), linkAddr+6) }

// giveName writes a name to the caller's memory, cut to its length, and how long it is.
func giveName(name []byte, p unsafe.Pointer, length *uint32) syscall.Errno {
	if length == nil {
		return syscall.EFAULT
	}
	if p == nil {
		return syscall.EFAULT
	}
	copy(file.Bytes(p, uintptr(*length)), name)
	*length = uint32(len(name))
	return 0
}

// station is the address of the interface that the socket is bound to. Needs k.mu.
func (k *packetSocket) station() []byte {
	i, ok := k.stack.net.SingleNICInfo(k.nic)
	if !ok {
		return nil
	}
	if k.nic == loID {
		return []byte(loopStation)
	}
	return []byte(i.LinkAddress)
}

// Options of SOL_PACKET, and types of its control messages (linux/if_packet.h).
const (
	solPacket            = 263
	packetAddMembership  = 1
	packetDropMembership = 2
	packetStatistics     = 6
	packetAuxdata        = 8
	packetIgnoreOutgoing = 23
	soTimestampNS        = 35
)

// putControl appends what the socket's options asked for.
func (k *packetSocket) putControl(c *control, f *capture) {
	switch {
	case k.nanoseconds.Load():
		if d := c.add(syscall.SOL_SOCKET, soTimestampNS, 16); d != nil {
			binary.NativeEndian.PutUint64(d, uint64(f.at.Unix()))
			binary.NativeEndian.PutUint64(d[8:], uint64(f.at.Nanosecond()))
		}
	case k.timestamp.Load():
		if d := c.add(syscall.SOL_SOCKET, syscall.SO_TIMESTAMP, 16); d != nil {
			binary.NativeEndian.PutUint64(d, uint64(f.at.Unix()))
			binary.NativeEndian.PutUint64(d[8:], uint64(f.at.Nanosecond()/1000))
		}
	}
	if !k.auxdata.Load() {
		return
	}
	// struct tpacket_auxdata: status:4 len:4 snaplen:4 mac:2 net:2 vlan_tci:2 vlan_tpid:2
	if d := c.add(solPacket, packetAuxdata, 20); d != nil {
		clear(d)
		const user = 1
		binary.NativeEndian.PutUint32(d, user)
		binary.NativeEndian.PutUint32(d[4:], uint32(f.length))
		binary.NativeEndian.PutUint32(d[8:], uint32(len(f.data)))
		if k.raw {
			binary.NativeEndian.PutUint16(d[14:], 14)
		}
	}
}
