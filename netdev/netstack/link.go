package netstack

import (
	"time"

	"yolk/netdev"
)

// resetPoll is how often a failed device is looked at, whether it runs again.
const resetPoll = 100 * time.Millisecond

// WaitLink blocks while the link is as up says and returns how it is then. The link
// of a device that has failed is down until it has been reset. The error says that
// the endpoint is closed, or that the device does not tell of its link. One
// goroutine at a time may wait.
func (e *Endpoint) WaitLink(up bool) (bool, error) {
	old := netdev.LinkDown
	if up {
		old = netdev.LinkUp
	}
	for {
		now, err := e.dev.WaitLink(old)
		if err == nil {
			return now == netdev.LinkUp, nil
		}
		if e.closed.Load() || e.dev.State() < netdev.Running || e.dev.Info().Features&netdev.LinkEvents == 0 {
			return false, err
		}
		if up {
			e.dev.Wake(0) // the receiver resets it
			return false, nil
		}
		time.Sleep(resetPoll)
	}
}
