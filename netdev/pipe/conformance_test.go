package pipe_test

import (
	"testing"

	"yolk/netdev"
	"yolk/netdev/netdevtest"
	"yolk/netdev/pipe"
)

func TestConformance(t *testing.T) {
	t.Run("pipe", func(t *testing.T) {
		netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
			x, y := pipe.New()
			peer := open(t, y, 0, 0)
			if err := peer.SetPromiscuous(true); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { peer.Close() })
			return netdevtest.Subject{Driver: x, Wire: netdevtest.Peer(peer), SetLink: func(up bool) {
				change := peer.Close
				if up {
					change = func() error { return peer.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}) }
				}
				if err := change(); err != nil {
					t.Error(err)
				}
			}}
		})
	})
	t.Run("loopback", func(t *testing.T) {
		netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
			return netdevtest.Subject{Driver: pipe.Loopback()}
		})
	})
}

var _ netdev.Driver = (*pipe.Driver)(nil)
