// Wakes asks QEMU's own TFTP server for a file that there is not, again and again, and prints
// for how many answers no processor went from one thread to another: whoever waited for the
// interrupt has handed the answer on, and it was taken up there.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	_ "yolk/plat/allcalls" // with it come figures in /proc
)

// ask is a request to read a file (RFC 1350, 5), which an error answers.
var ask = []byte("\x00\x01none\x00octet\x00")

func main() {
	c, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(10, 0, 2, 2), Port: 69})
	check(err)
	stayed := 0
	for range 100 {
		before := switches()
		exchange(c)
		if switches() == before {
			stayed++
		}
	}
	fmt.Println("stayed:", stayed)
}

// exchange asks until there is an answer: a datagram may be lost.
func exchange(c *net.UDPConn) {
	for {
		check(c.SetReadDeadline(time.Now().Add(time.Second)))
		_, err := c.Write(ask)
		check(err)
		if _, err = c.Read(make([]byte, 64)); err == nil {
			return
		}
		if !os.IsTimeout(err) {
			check(err)
		}
	}
}

// switches is how often a processor has gone from one thread to another.
func switches() (n int) {
	stat, err := os.ReadFile("/proc/stat")
	check(err)
	_, rest, _ := strings.Cut(string(stat), "\nctxt ")
	_, err = fmt.Sscan(rest, &n)
	check(err)
	return n
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
