package qemu

import (
	"encoding/binary"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// multiQueue reports whether a tap interface was made for several queues ("ip tuntap add
// dev tap0 mode tap multi_queue"), by rtnetlink(7): such a one is opened in no other way,
// and other ones not in this.
func multiQueue(name string) bool {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return false // QEMU says it better
	}
	answer, err := syscall.NetlinkRIB(unix.RTM_GETLINK, unix.AF_UNSPEC)
	if err != nil {
		return false
	}
	links, err := syscall.ParseNetlinkMessage(answer)
	if err != nil {
		return false
	}
	for _, l := range links {
		if len(l.Data) < unix.SizeofIfInfomsg || int(binary.NativeEndian.Uint32(l.Data[4:])) != i.Index {
			continue
		}
		data := l.Data[unix.SizeofIfInfomsg:]
		for _, kind := range []uint16{unix.IFLA_LINKINFO, unix.IFLA_INFO_DATA, unix.IFLA_TUN_MULTI_QUEUE} {
			data = attribute(data, kind)
		}
		return len(data) > 0 && data[0] != 0
	}
	return false
}

// attribute returns the value of the attribute of a kind in a list of them (netlink(7)),
// nil if there is none.
func attribute(list []byte, kind uint16) []byte {
	const head = unix.SizeofNlAttr
	for len(list) >= head {
		n := int(binary.NativeEndian.Uint16(list))
		if n < head || n > len(list) {
			return nil
		}
		if binary.NativeEndian.Uint16(list[2:])&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER) == kind {
			return list[head:n]
		}
		list = list[min((n+unix.NLA_ALIGNTO-1)&^(unix.NLA_ALIGNTO-1), len(list)):]
	}
	return nil
}
