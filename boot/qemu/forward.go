package qemu

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// A Forward is a port of the host that leads to a port of the guest.
type Forward struct {
	Proto string // "tcp" or "udp"
	Addr  string // address of the host to listen on
	Host  uint16
	Guest uint16
}

// ParseForward reads "[ADDR:]HOST:GUEST[/udp]", or "PORT[/udp]" for the same
// port on both sides. Without ADDR only this machine can connect.
func ParseForward(s string) (Forward, error) {
	bad := fmt.Errorf("port forward %q is not [ADDRESS:]HOST:GUEST[/udp], with ports from 1 to 65535 and an IPv4 address", s)
	f := Forward{Proto: "tcp", Addr: "127.0.0.1"}
	ports, proto, ok := strings.Cut(s, "/")
	if ok {
		f.Proto = proto
	}
	parts := strings.Split(ports, ":")
	if len(parts) == 3 {
		f.Addr, parts = parts[0], parts[1:]
	}
	if len(parts) == 1 {
		parts = append(parts, parts[0])
	}
	if len(parts) != 2 || net.ParseIP(f.Addr).To4() == nil || f.Proto != "tcp" && f.Proto != "udp" {
		return Forward{}, bad
	}
	for i, dst := range []*uint16{&f.Host, &f.Guest} {
		n, err := strconv.ParseUint(parts[i], 10, 16)
		if err != nil || n == 0 {
			return Forward{}, bad
		}
		*dst = uint16(n)
	}
	return f, nil
}

// String returns the form that ParseForward reads.
func (f Forward) String() string {
	return fmt.Sprintf("%s:%d:%d/%s", f.Addr, f.Host, f.Guest, f.Proto)
}

// Meets reports whether two forwards want the same port of the host.
func (f Forward) Meets(g Forward) bool {
	all := func(f Forward) bool { return net.ParseIP(f.Addr).IsUnspecified() }
	return f.Proto == g.Proto && f.Host == g.Host && (f.Addr == g.Addr || all(f) || all(g))
}

// rule returns f as QEMU's hostfwd option has it.
func (f Forward) rule() string {
	return fmt.Sprintf("%s:%s:%d-:%d", f.Proto, f.Addr, f.Host, f.Guest)
}

// Free reports whether f's port of the host can be listened on, and who to
// blame when it cannot: QEMU's own message does not say why.
func (f Forward) Free() error {
	addr := net.JoinHostPort(f.Addr, strconv.Itoa(int(f.Host)))
	var err error
	if f.Proto == "udp" {
		var c net.PacketConn
		if c, err = net.ListenPacket("udp4", addr); err == nil {
			return c.Close()
		}
	} else {
		var l net.Listener
		if l, err = net.Listen("tcp4", addr); err == nil {
			return l.Close()
		}
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d (%s) of this machine is taken by another program: choose another with -p %d:%d",
			f.Host, f.Proto, freeNear(f.Host), f.Guest)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("port %d (%s) of this machine needs root: choose one above 1023 with -p %d:%d",
			f.Host, f.Proto, freeNear(8000+f.Host%1000), f.Guest)
	}
	return fmt.Errorf("cannot listen on %s: %w", addr, err)
}

// Ports that FreePort returns: below those that Linux gives to connections
// (ip(7), ip_local_port_range), of which one could come before whoever asked listens.
const firstFree, lastFree = 20_000, 32_767

// FreePort returns a port of 127.0.0.1 that nothing uses now. Another who asks may take it
// before it is used.
func FreePort(proto string) (port uint16, err error) {
	for range 100 {
		f := Forward{Proto: proto, Addr: "127.0.0.1", Host: uint16(firstFree + rand.IntN(lastFree-firstFree+1))}
		if err = f.Free(); err == nil {
			return f.Host, nil
		}
	}
	return 0, err
}

// freeNear returns a port after p, for a suggestion.
func freeNear(p uint16) uint16 {
	if p > 65000 || p < 1024 {
		return 8080
	}
	return p + 1
}
