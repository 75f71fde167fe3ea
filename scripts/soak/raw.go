package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A raw sender puts frames on the attacked machine's wire as they are (packet(7)).
// It exists in the soak's own namespace only.
type raw struct {
	fd             int
	host, guest    tcpip.LinkAddress
	hostIP, server tcpip.Address
	sent, full     int // frames, and those for which the interface had no room
}

func newRaw(t *target) (*raw, error) {
	i, err := net.InterfaceByName(t.tap)
	if err != nil {
		return nil, err
	}
	guest, err := hardwareAddr(t.guest)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("a packet socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &raw{
		fd: fd, host: tcpip.LinkAddress(i.HardwareAddr), guest: tcpip.LinkAddress(guest),
		hostIP: parseIP(t.host), server: parseIP(t.guest),
	}, nil
}

func (r *raw) close() { unix.Close(r.fd) }

// parseIP reads one of our own addresses.
func parseIP(s string) tcpip.Address { return tcpip.AddrFromSlice(net.ParseIP(s).To4()) }

// send puts one frame on the wire, and waits for nothing.
func (r *raw) send(frame []byte) error {
	_, err := unix.Write(r.fd, frame)
	switch {
	case err == nil:
		r.sent++
	case errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EAGAIN):
		r.full++
	default:
		return fmt.Errorf("a frame could not be sent: %w", err)
	}
	return nil
}

// flood sends what next makes at a rate until ctx ends.
func (r *raw) flood(ctx context.Context, rate int, next func() []byte) (did string, err error) {
	paced(ctx, rate, rate/20, func() bool {
		err = r.send(next())
		return err == nil
	})
	return fmt.Sprintf("%d frames, %d for which there was no room", r.sent, r.full), err
}

// ethernet writes a frame's head.
func (r *raw) ethernet(frame []byte, kind tcpip.NetworkProtocolNumber) {
	header.Ethernet(frame).Encode(&header.EthernetFields{SrcAddr: r.host, DstAddr: r.guest, Type: kind})
}

// hardwareAddr looks up whom this namespace has talked to (proc(5), /proc/net/arp).
func hardwareAddr(ip string) (net.HardwareAddr, error) {
	f, err := os.Open("/proc/net/arp")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if f := strings.Fields(s.Text()); len(f) > 3 && f[0] == ip {
			return net.ParseMAC(f[3])
		}
	}
	return nil, fmt.Errorf("%s is not among this host's neighbours", ip)
}

// sumIPv4 and sumTCP make checksums right.
func sumIPv4(packet []byte) {
	ip := header.IPv4(packet)
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
}

func sumTCP(segment []byte, from, to tcpip.Address) {
	tcp := header.TCP(segment)
	tcp.SetChecksum(0)
	pseudo := header.PseudoHeaderChecksum(header.TCPProtocolNumber, from, to, uint16(len(segment)))
	tcp.SetChecksum(^checksum.Checksum(segment, pseudo))
}
