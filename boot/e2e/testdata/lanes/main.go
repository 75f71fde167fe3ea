// Lanes echoes what each connection sends, and when one sends nothing it ends and prints,
// for each event that a device has signalled, how often.
package main

import (
	"fmt"
	"io"
	"net"
	"os"

	"yolk/kernel/irq"
)

func main() {
	l, err := net.Listen("tcp", ":7")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("lanes: listening")
	for {
		c, err := l.Accept()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if n, _ := io.Copy(c, c); n == 0 {
			break
		}
		c.Close()
	}
	for e := irq.Input + 1; ; e++ {
		if _, ok := irq.Given(uint64(e)); !ok {
			return
		}
		fmt.Println("event", int(e), "interrupts", e.Count())
	}
}
