// Wire sends a frame from each of two network cards that a wire joins to the other,
// which waits for its interrupt, and says how it went.
package main

import (
	"fmt"
	"os"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

func main() {
	var cards [2]*netdev.Device
	for i := range cards {
		if cards[i] = netdev.Get(i); cards[i] == nil {
			fail(fmt.Errorf("%d cards", netdev.Count()))
		}
		fail(cards[i].Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}))
	}
	for i, from := range cards {
		pool, err := netbuf.NewPool(from.Info().Memory, 1, netbuf.DefaultSize, netbuf.DefaultHeadroom)
		fail(err)
		b := pool.Get()
		copy(b.Append(60), "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5wire") // IEEE Std 802: for experiments
		to := cards[1-i]
		if pending, err := to.EnableInterrupt(0); pending || err != nil {
			fail(fmt.Errorf("card %d: a frame that nobody sent, or %v", 1-i, err))
		}
		if from.TxOne(0, b)&netdev.Success == 0 {
			fail(fmt.Errorf("card %d does not send: %v", i, from.Err()))
		}
		for b = nil; b == nil; b, _ = to.RxOne(0) {
			fail(to.Wait(0))
		}
		fmt.Printf("from %d: %d bytes\n", i, b.PacketLen())
	}
}

func fail(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
