// Link says the state of the first network card's link, and each change of it, up
// to the number of changes that its argument is.
package main

import (
	"fmt"
	"os"
	"strconv"

	"yolk/netdev"
)

func main() {
	changes, err := strconv.Atoi(os.Args[1])
	dev := netdev.Get(0)
	if err == nil {
		err = dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{})
	}
	// Somebody else waits for the same card.
	go func() {
		for err := error(nil); err == nil; err = dev.Wait(0) {
			if _, err := dev.EnableInterrupt(0); err != nil {
				return
			}
		}
	}()
	for link := dev.Link(); err == nil && changes >= 0; changes-- {
		fmt.Println("link", link)
		if changes > 0 {
			link, err = dev.WaitLink(link)
		}
	}
	if err != nil {
		fmt.Println(err)
	}
}
