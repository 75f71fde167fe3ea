package vnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"yolk/boot/qemu"
)

// A Hello is what who connects to a network says first, on a line.
type Hello struct {
	Name     string         `json:"name"`               // of the machine, by which others find it
	Forwards []qemu.Forward `json:"forwards,omitempty"` // ports of this computer that lead to it
	Saved    *Place         `json:"saved,omitempty"`    // where it believes to be, if it goes on from a snapshot
	Ask      string         `json:"ask,omitempty"`      // "NAME:PORT", only whether that answers; nothing else follows
}

// A Place is a machine's on a network.
type Place struct {
	MAC     string `json:"mac"`
	Address string `json:"address"` // without a prefix length
	Error   string `json:"error,omitempty"`
}

// Options tell the kernel where it is.
func (p Place) Options() string {
	return fmt.Sprintf("ip=%s/%d gw=%s dns=%s ", p.Address, Subnet.Bits(), Gateway.ip, Gateway.ip)
}

var (
	errTooLong = errors.New("a frame is longer than there are")
	errFull    = errors.New("the network has no address left")
	errNobody  = errors.New("nobody answers there")
)

// A Network is a switch with a gateway, and who is on it.
type Network struct {
	mu      sync.Mutex
	sw      *Switch
	gateway *gateway
	members map[int]*member
	changed chan bool // somebody has come or gone
}

// A member is a machine on the network.
type member struct {
	Hello
	station
	listeners []io.Closer
}

// lastStation is the last address that is given out.
const lastStation = 1<<16 - 2

// New makes a network that nobody is on.
func New() (n *Network, err error) {
	n = &Network{sw: NewSwitch(), members: map[int]*member{}, changed: make(chan bool, 1)}
	n.gateway, err = newGateway(n.sw, func(request []byte) []byte { return resolve(request, n.lookup) })
	return n, err
}

// lookup finds a machine by its name, or the last word of one: of shop.db also db.
func (n *Network) lookup(name string) (netip.Addr, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found netip.Addr
	for _, m := range n.members {
		full := strings.ToLower(m.Name)
		if full == name {
			return m.ip, true
		}
		if full[strings.LastIndexByte(full, '.')+1:] == name {
			found = m.ip
		}
	}
	return found, found.IsValid()
}

// Serve takes connections until nobody has been on the network for the time of idle, when
// last says that nobody is about to come.
func (n *Network) Serve(l *net.UnixListener, idle time.Duration, last func() bool) error {
	served := make(chan error, 1)
	go func() {
		for {
			c, err := l.AcceptUnix()
			if err != nil {
				served <- err
				return
			}
			go n.welcome(c)
		}
	}()
	for {
		var alone <-chan time.Time
		if n.empty() {
			alone = time.After(idle)
		}
		select {
		case <-alone:
			if n.empty() && last() {
				return nil
			}
		case <-n.changed:
		case err := <-served:
			return err
		}
	}
}

func (n *Network) empty() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.members) == 0
}

// helloTime is how long who connects may take to say who it is.
const helloTime = 10 * time.Second

// welcome serves one connection to its end.
func (n *Network) welcome(c *net.UnixConn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(helloTime))
	var h Hello
	line, err := ReadLine(c)
	if err == nil {
		err = json.Unmarshal(line, &h)
	}
	if err != nil {
		return
	}
	if h.Ask != "" {
		reply(c, Place{Error: text(n.ask(h.Ask))})
		return
	}
	number, m, err := n.enter(h)
	if err != nil {
		reply(c, Place{Error: err.Error()})
		return
	}
	defer n.leave(number)
	in, out := func([]byte) bool { return true }, func([]byte) bool { return true }
	if h.Saved != nil {
		saved, err := h.Saved.station()
		if err != nil {
			reply(c, Place{Error: err.Error()})
			return
		}
		d := &disguise{inside: saved, outside: m.station}
		in, out = d.in, d.out
	}
	p := n.sw.attach(m.mac)
	if err := reply(c, Place{MAC: net.HardwareAddr(m.mac[:]).String(), Address: m.ip.String()}); err != nil {
		n.sw.detach(p)
		return
	}
	c.SetDeadline(time.Time{})
	n.sw.serve(c, p, in, out)
}

func (p Place) station() (s station, err error) {
	hardware, err := net.ParseMAC(p.MAC)
	if err == nil && len(hardware) == len(s.mac) {
		copy(s.mac[:], hardware)
		s.ip, err = netip.ParseAddr(p.Address)
	}
	return s, err
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func reply(c net.Conn, p Place) error {
	line, err := json.Marshal(p)
	if err == nil {
		_, err = c.Write(append(line, '\n'))
	}
	return err
}

// ReadLine reads a line and nothing that follows it: after the first come frames.
func ReadLine(r io.Reader) (line []byte, err error) {
	var b [1]byte
	for len(line) < maxFrame {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, err
		}
		if b[0] == '\n' {
			return line, nil
		}
		line = append(line, b[0])
	}
	return nil, errTooLong
}

// enter gives a machine an address, and its ports of this computer.
func (n *Network) enter(h Hello) (number int, m *member, err error) {
	n.mu.Lock()
	for number = 2; n.members[number] != nil; number++ {
	}
	if number > lastStation {
		n.mu.Unlock()
		return 0, nil, errFull
	}
	m = &member{Hello: h, station: stationAt(number)}
	n.members[number] = m
	n.mu.Unlock()
	n.tell()
	for _, f := range h.Forwards {
		l, err := n.gateway.forward(f, m.ip)
		if err != nil {
			n.leave(number)
			return 0, nil, err
		}
		m.listeners = append(m.listeners, l)
	}
	return number, m, nil
}

// leave takes all that back.
func (n *Network) leave(number int) {
	n.mu.Lock()
	m := n.members[number]
	delete(n.members, number)
	n.mu.Unlock()
	for _, l := range m.listeners {
		l.Close()
	}
	n.tell()
}

func (n *Network) tell() {
	select {
	case n.changed <- true:
	default:
	}
}

// ask tells whether a machine answers at a port.
func (n *Network) ask(what string) error {
	name, port, err := net.SplitHostPort(what)
	if err != nil {
		return err
	}
	ip, ok := n.lookup(strings.ToLower(name))
	if !ok {
		return errNobody
	}
	to, err := netip.ParseAddrPort(net.JoinHostPort(ip.String(), port))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := n.gateway.dial(ctx, to)
	if err != nil {
		return errNobody
	}
	return c.Close()
}
