package vnet

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/qemu"
)

// forward leads a port of this computer to a machine, until it is closed.
func (g *gateway) forward(f qemu.Forward, ip netip.Addr) (io.Closer, error) {
	if err := f.Free(); err != nil { // says who is to blame
		return nil, err
	}
	here, to := net.JoinHostPort(f.Addr, strconv.Itoa(int(f.Host))), netip.AddrPortFrom(ip, f.Guest)
	if f.Proto == "udp" {
		c, err := net.ListenPacket("udp4", here)
		if err != nil {
			return nil, err
		}
		go g.datagrams(c, to)
		return c, nil
	}
	l, err := net.Listen("tcp4", here)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.lead(c.(*net.TCPConn), to)
		}
	}()
	return l, nil
}

// lead leads one connection to a machine.
func (g *gateway) lead(c *net.TCPConn, to netip.AddrPort) {
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	inside, err := g.dial(ctx, to)
	if err != nil {
		c.SetLinger(0) // a reset: nobody is there
		c.Close()
		return
	}
	join(c, inside)
}

// datagrams leads them to a machine, with a socket there for each who sends, and what
// comes back to who sent.
func (g *gateway) datagrams(c net.PacketConn, to netip.AddrPort) {
	var mu sync.Mutex
	senders := map[string]net.Conn{}
	b := make([]byte, datagramLength)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		mu.Lock()
		inside := senders[from.String()]
		mu.Unlock()
		if inside == nil {
			address := tcpip.FullAddress{NIC: nic, Addr: tcpip.AddrFrom4(to.Addr().As4()), Port: to.Port()}
			if inside, err = gonet.DialUDP(g.stack, nil, &address, header.IPv4ProtocolNumber); err != nil {
				continue
			}
			mu.Lock()
			senders[from.String()] = inside
			mu.Unlock()
			go func() {
				back(c, from, inside)
				mu.Lock()
				delete(senders, from.String())
				mu.Unlock()
			}()
		}
		inside.Write(b[:n])
	}
}

// back copies answers to a sender until there are none for a while.
func back(c net.PacketConn, to net.Addr, inside net.Conn) {
	defer inside.Close()
	b := make([]byte, datagramLength)
	for {
		inside.SetReadDeadline(time.Now().Add(datagramIdle))
		n, err := inside.Read(b)
		if err != nil {
			return
		}
		if _, err := c.WriteTo(b[:n], to); err != nil {
			return
		}
	}
}
