package socket

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

// A Wire is a link endpoint that knows whether its wire leads anywhere. As on Linux
// an interface without a carrier keeps its addresses and its sockets; what they send
// is lost, and sent again when the wire is back.
type Wire interface {
	// WaitLink blocks while the link is as up says, and returns how it is then. The
	// error says why that will not be known any more. One goroutine calls it.
	WaitLink(up bool) (now bool, err error)
}

// A carrier is what is known of an interface's wire.
type carrier struct {
	down atomic.Bool
	back chan struct{} // the wire is back: for the DHCP client
}

// watch keeps an interface's carrier up to date for as long as it has one.
func (s *Stack) watch(id tcpip.NICID, name string, w Wire) {
	c := &carrier{back: make(chan struct{}, 1)}
	s.routeMu.Lock()
	s.carriers[id] = c
	s.routeMu.Unlock()
	go func() {
		for up, err := w.WaitLink(true); err == nil; up, err = w.WaitLink(up) {
			c.down.Store(!up)
			if !up {
				s.opt.Logf("%s: link down", name)
				continue
			}
			s.opt.Logf("%s: link up", name)
			select {
			case c.back <- struct{}{}:
			default:
			}
			// A switch may have learned meanwhile that the address is elsewhere.
			for _, a := range s.net.AllAddresses()[id] {
				if a.Protocol == ipv4.ProtocolNumber {
					s.announce(id, a.AddressWithPrefix.Address)
				}
			}
		}
	}()
}

// carrier returns an interface's, nil if nobody watches its wire.
func (s *Stack) carrier(id tcpip.NICID) *carrier {
	s.routeMu.Lock()
	defer s.routeMu.Unlock()
	return s.carriers[id]
}
