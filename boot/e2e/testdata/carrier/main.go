// Carrier serves one connection, which gets back what it sends, and says of the
// first interface whenever it begins or ends to run, with its addresses.
package main

import (
	"fmt"
	"io"
	"net"
	"time"
)

func main() {
	l, err := net.Listen("tcp", ":7")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		for was := net.Flags(0); ; time.Sleep(10 * time.Millisecond) {
			i, err := net.InterfaceByName("eth0")
			if err != nil {
				fmt.Println(err)
				return
			}
			if now := i.Flags & (net.FlagUp | net.FlagRunning); now != was {
				was = now
				a, _ := i.Addrs()
				fmt.Println(now, a[0])
			}
		}
	}()
	for {
		c, err := l.Accept()
		if err == nil {
			n, err := io.Copy(c, c)
			fmt.Println(n, err)
		}
	}
}
