// Forwards is prints that sends back what its network card receives, until that fails.
package main

import (
	"fmt"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

func main() {
	dev := netdev.Get(0)
	if dev == nil {
		fmt.Println("up, without a card")
		return
	}
	err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{})
	fmt.Println("up", err)
	for bufs := make([]*netbuf.Buf, 32); err == nil; err = dev.Err() {
		n, _ := dev.RxBurst(0, bufs)
		sent, _ := dev.TxBurst(0, bufs[:n])
		netbuf.FreeBurst(bufs[sent:n])
	}
}
