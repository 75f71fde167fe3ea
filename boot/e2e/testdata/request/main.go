// Request has a server at 127.0.0.1, and then one at ::1, answer requests of 64 bytes, one
// after the other, and prints how many nanoseconds each took; then package net/http, and
// whether its handlers learn that the client has gone, and why a context is over; and
// whether many clients take turns.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const (
	size     = 64
	requests = 1000
)

func main() {
	raw("tcp4", "127.0.0.1:0")
	raw("tcp6", "[::1]:0")
	web()
	watch()
	late()
	turns()
}

func raw(network, address string) {
	l, err := net.Listen(network, address)
	check(err)
	go serve(l)
	c, err := net.Dial(network, l.Addr().String())
	check(err)
	ask(c, requests/2) // so that nothing is done for the first time
	start := time.Now()
	ask(c, requests)
	fmt.Println(network, "ns:", time.Since(start).Nanoseconds()/requests)
}

func ask(c net.Conn, n int) {
	message := make([]byte, size)
	for range n {
		_, err := c.Write(message)
		check(err)
		_, err = io.ReadFull(c, message)
		check(err)
	}
}

func serve(l net.Listener) {
	c, err := l.Accept()
	check(err)
	for message := make([]byte, size); ; {
		if _, err := io.ReadFull(c, message); err != nil {
			return
		}
		_, err = c.Write(message)
		check(err)
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
