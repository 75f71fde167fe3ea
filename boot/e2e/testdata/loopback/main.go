// Loopback talks to itself over TCP, as a server at 127.0.0.1 or at the address that
// is its argument.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	address := "127.0.0.1:0"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() {
		c, err := l.Accept()
		if err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	c.Write([]byte("ping"))
	c.(*net.TCPConn).CloseWrite()
	b, err := io.ReadAll(c)
	if string(b) != "ping" {
		fmt.Printf("%q %v\n", b, err)
		os.Exit(1)
	}
	fmt.Println("loopback works")
}
