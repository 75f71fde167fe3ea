package socket

import (
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// settling are the link-local addresses that interfaces are about to have: to others they are
// as if the stack had them, and they were tentative (RFC 4862, 5.4).
type settling struct {
	mu     sync.Mutex
	coming map[tcpip.NICID]tcpip.Address
	told   chan struct{} // closed when one of them has come, or is known to be nobody else's
}

// announce says that an interface will have its link-local address, until arrive.
func (s *settling) announce(id tcpip.NICID, hardware tcpip.LinkAddress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.coming == nil {
		s.coming = map[tcpip.NICID]tcpip.Address{}
	}
	s.coming[id] = header.LinkLocalAddr(hardware)
}

// arrive ends announce.
func (s *settling) arrive(id tcpip.NICID) {
	s.mu.Lock()
	delete(s.coming, id)
	s.mu.Unlock()
	s.tell()
}

// tell has those look again who wait for an address.
func (s *settling) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told != nil {
		close(s.told)
		s.told = nil
	}
}

// next is closed by the next tell.
func (s *settling) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil {
		s.told = make(chan struct{})
	}
	return s.told
}

// of returns the address that an interface is about to have.
func (s *settling) of(id tcpip.NICID) (ip netip.Addr, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.coming[id]
	if ok {
		ip, ok = netipAddr(a)
	}
	return ip, ok
}

// settleLimit is more than it takes to find out whether others have an address.
const settleLimit = 5 * time.Second

// settle waits while an address is tentative, and reports whether it was: it cannot be used
// until then, and a server that has looked for its address would have to try again.
func (s *Stack) settle(a tcpip.Address) (was bool) {
	ip, ok := netipAddr(a)
	if !ok || !ip.Is6() {
		return false
	}
	limit := time.NewTimer(settleLimit)
	defer limit.Stop()
	for ; ; was = true {
		told := s.settling.next()
		if !s.tentative(ip) {
			return was
		}
		select {
		case <-told:
		case <-limit.C:
			return true
		}
	}
}

func (s *Stack) tentative(ip netip.Addr) bool {
	for _, a := range s.Addrs() {
		if a.Tentative && a.Prefix.Addr() == ip {
			return true
		}
	}
	return false
}
