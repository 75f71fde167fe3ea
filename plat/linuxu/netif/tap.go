//go:build linux

package netif

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// tap is the port of a tap interface (tun(4), Documentation/networking/tuntap).
type tap struct{}

func (tap) open(name string) (int, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("%w: /dev/net/tun: %w; is module tun there, and may we open it?", ErrInterface, err)
	}
	req, err := unix.NewIfreq(name)
	if err == nil {
		req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
	}
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, headerBytes)
	}
	if err == nil {
		return fd, nil
	}
	unix.Close(fd)
	if err == unix.EBUSY {
		return 0, fmt.Errorf("%w: tap %s: %w: a process has it open", ErrInterface, name, err)
	}
	return 0, fmt.Errorf("%w: tap %s: %w; it needs CAP_NET_ADMIN, or: ip tuntap add %s mode tap user $USER", ErrInterface, name, err, name)
}

// addr is the interface's address with a bit of the last byte turned over: the
// two ends of a cable must differ.
func (tap) addr(host netdev.HardwareAddr) netdev.HardwareAddr {
	host[0] = host[0]&^1 | 2
	host[5] ^= 0x80
	return host
}

func (tap) receive(fd int, windows []*netbuf.Buf, _ [][]byte, lengths []int) int {
	for i, b := range windows {
		w := b.Bytes()
		n, errno := read(fd, w)
		if errno != ok {
			return i
		}
		if n == len(w) {
			n = -1 // perhaps cut short
		}
		lengths[i] = n
	}
	return len(windows)
}

func (tap) send(fd int, bufs []*netbuf.Buf, headers [][]byte) (int, syscall.Errno) {
	for i, b := range bufs {
		if errno := sendOne(fd, b, headers[i]); errno != ok {
			return i, errno
		}
	}
	return len(bufs), ok
}

// sendOne writes a packet: in one piece when the header stands in front of it.
func sendOne(fd int, b *netbuf.Buf, header []byte) syscall.Errno {
	if b.Next() == nil && b.Headroom() >= headerBytes {
		return write(fd, header[:headerBytes+b.Len()])
	}
	var parts [maxChain + 1][]byte
	n := 1
	parts[0] = header
	for ; b != nil; b = b.Next() {
		parts[n] = b.Bytes()
		n++
	}
	return writev(fd, parts[:n])
}

// large is nothing: the host segments what it sends into a tap.
func (tap) large() netdev.Features { return 0 }

// promiscuous does nothing: a tap shows all that the host sends into it.
func (tap) promiscuous(int, int, bool) error { return nil }

// started sets the interface up, if it is not and we may.
func (tap) started(name string) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, req); err != nil {
		return err
	}
	flags := req.Uint16()
	if flags&unix.IFF_UP != 0 {
		return nil
	}
	req.SetUint16(flags | unix.IFF_UP)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, req); err != nil {
		return fmt.Errorf("%w: %s is down: %w; try: ip link set %s up", ErrInterface, name, err, name)
	}
	return nil
}
