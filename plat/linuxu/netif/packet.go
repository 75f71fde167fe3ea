//go:build linux

package netif

import (
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// packet is the port of a packet socket (packet(7)).
type packet struct {
	in, out *messages // arguments of recvmmsg and sendmmsg
}

func newPacket() *packet { return &packet{newMessages(2), newMessages(maxChain + 1)} }

// bufferBytes is asked for as the socket's buffers, so that bursts find room
// while the program is busy.
const bufferBytes = 8 << 20

func (p *packet) open(name string) (int, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %w", ErrInterface, name, err)
	}
	// Protocol 0 receives nothing until bind says what and from where.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("%w: packet socket: %w; it needs CAP_NET_RAW", ErrInterface, err)
	}
	for _, o := range []struct{ level, option, value int }{
		{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
		{unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1},
	} {
		if err == nil {
			err = unix.SetsockoptInt(fd, o.level, o.option, o.value)
		}
	}
	for _, o := range []struct{ force, plain int }{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, o.force, bufferBytes) != nil && err == nil {
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, o.plain, bufferBytes)
		}
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: swap(unix.ETH_P_ALL), Ifindex: i.Index})
	}
	if err != nil {
		unix.Close(fd)
		return 0, fmt.Errorf("%w: packet socket on %s: %w", ErrInterface, name, err)
	}
	return fd, nil
}

// swap turns a number into network byte order.
func swap(v uint16) uint16 { return v<<8 | v>>8 }

func (p *packet) addr(host netdev.HardwareAddr) netdev.HardwareAddr { return host }

// large is what interfaces of one host send each other, and what a card that
// coalesces (GRO) delivers.
func (p *packet) large() netdev.Features { return netdev.RxTSO4 | netdev.RxTSO6 }

func (p *packet) receive(fd int, windows []*netbuf.Buf, overflow [][]byte, lengths []int) int {
	for i, b := range windows {
		p.in.set(i, 0, b.Bytes())
		p.in.parts(i, 1)
		if overflow != nil {
			p.in.set(i, 1, overflow[i])
			p.in.parts(i, 2)
		}
	}
	n, _ := p.in.call(unix.SYS_RECVMMSG, fd, len(windows))
	for i := range n {
		lengths[i] = p.in.length(i)
	}
	return n
}

func (p *packet) send(fd int, bufs []*netbuf.Buf, headers [][]byte) (int, syscall.Errno) {
	for i, b := range bufs {
		if b.Next() == nil && b.Headroom() >= headerBytes {
			p.out.set(i, 0, headers[i][:headerBytes+b.Len()])
			p.out.parts(i, 1)
			continue
		}
		p.out.set(i, 0, headers[i])
		n := 1
		for ; b != nil; b = b.Next() {
			if b.Len() > 0 {
				p.out.set(i, n, b.Bytes())
				n++
			}
		}
		p.out.parts(i, n)
	}
	n, errno := p.out.call(unix.SYS_SENDMMSG, fd, len(bufs))
	return n, errno
}

// promiscuous adds or drops a membership; the kernel counts them.
func (p *packet) promiscuous(fd, index int, on bool) error {
	m := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	option := unix.PACKET_DROP_MEMBERSHIP
	if on {
		option = unix.PACKET_ADD_MEMBERSHIP
	}
	err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, option, &m)
	if !on && err == unix.EADDRNOTAVAIL {
		return nil // there was none
	}
	return err
}

// started checks that the interface is up: it is the host's to manage.
func (p *packet) started(name string) error {
	i, err := net.InterfaceByName(name)
	if err == nil && i.Flags&net.FlagUp == 0 {
		err = fmt.Errorf("%w: %s is down; try: ip link set %s up", ErrInterface, name, name)
	}
	return err
}
