// Tunnel makes an interface of its own, 10.9.0.1/24, and plays whoever is behind it: it
// sends back what a socket sends there, and pings this machine.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// Requests and flags of linux/if_tun.h and netdevice(7).
const (
	tunSetIff = 0x400454ca
	iffTun    = 0x1
	iffNoPI   = 0x1000

	udp, icmp           = 17, 1 // protocols
	echoReply, echo     = 0, 8
	ipHeader, udpHeader = 20, 8
)

// request makes a request with a struct ifreq: the name of an interface and what follows it.
func request(fd int, number uintptr, name string, union ...byte) {
	var r [40]byte
	copy(r[:], name)
	copy(r[16:], union)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), number, uintptr(unsafe.Pointer(&r))); e != 0 {
		log.Fatalf("request %#x: %v", number, e)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	check(err)
	request(fd, tunSetIff, "", binary.NativeEndian.AppendUint16(nil, iffTun|iffNoPI)...)
	check(syscall.SetNonblock(fd, true))
	tun := os.NewFile(uintptr(fd), "/dev/net/tun")

	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	check(err)
	request(s, syscall.SIOCSIFADDR, "tun0", syscall.AF_INET, 0, 0, 0, 10, 9, 0, 1)
	request(s, syscall.SIOCSIFNETMASK, "tun0", syscall.AF_INET, 0, 0, 0, 255, 255, 255, 0)
	request(s, syscall.SIOCSIFFLAGS, "tun0", syscall.IFF_UP)

	i, err := net.InterfaceByName("tun0")
	check(err)
	addrs, err := i.Addrs()
	check(err)
	fmt.Println(i.Name, addrs[0], i.Flags)

	pinged := make(chan bool)
	go behind(tun, pinged)
	c, err := net.Dial("udp", "10.9.0.2:7")
	check(err)
	_, err = c.Write([]byte("over there"))
	check(err)
	b := make([]byte, 100)
	n, err := c.Read(b)
	check(err)
	fmt.Printf("%q from %s\n", b[:n], c.RemoteAddr())
	if <-pinged {
		fmt.Println("answered a ping")
	}
}

// behind turns each datagram round, sends a ping after it, and says when that is answered.
func behind(tun *os.File, pinged chan<- bool) {
	p := make([]byte, 2000)
	for {
		n, err := tun.Read(p)
		check(err)
		switch at := p[ipHeader:n]; {
		case p[0] != 0x45: // of IPv6
		case p[9] == udp:
			swap(p[12:16], p[16:20]) // the addresses, and then the ports: sums stay right
			swap(at[0:2], at[2:4])
			_, err = tun.Write(p[:n])
			check(err)
			_, err = tun.Write(ping())
			check(err)
		case p[9] == icmp && at[0] == echoReply:
			pinged <- true
		}
	}
}

func swap(a, b []byte) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}

// ping is an echo request from 10.9.0.2 to 10.9.0.1.
func ping() []byte {
	p := []byte{0x45, 0, 0, ipHeader + udpHeader, 0, 0, 0, 0, 64, icmp, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1, echo, 0, 0, 0, 0, 1, 0, 1}
	binary.BigEndian.PutUint16(p[10:], sum(p[:ipHeader]))
	binary.BigEndian.PutUint16(p[ipHeader+2:], sum(p[ipHeader:]))
	return p
}

// sum is the Internet's checksum (RFC 1071).
func sum(p []byte) uint16 {
	n := uint32(0)
	for ; len(p) > 1; p = p[2:] {
		n += uint32(binary.BigEndian.Uint16(p))
	}
	return ^uint16(n>>16 + n)
}
