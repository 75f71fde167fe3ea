// Wireguard has wireguard-go make the interface wg0, whose peer is in the same program and
// sends back what comes, and sends datagrams there.
package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"log"
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/tun"
	"golang.zx2c4.com/wireguard/tun/tuntest"
)

const (
	mtu        = 1420
	datagrams  = 100
	near, far  = 51820, 51821 // ports
	ip, header = 20, 28       // bytes of IP's header, and UDP's with it
)

func main() {
	t, err := tun.CreateTUN("wg0", mtu)
	check(err)
	raise("wg0", [4]byte{10, 9, 0, 1}, [4]byte{255, 255, 255, 0})
	got, err := t.MTU()
	check(err)
	fmt.Println("wg0 has an MTU of", got)

	ownKey, farKey := newKey(), newKey()
	begin(t, ownKey, farKey.PublicKey(), near, far, "10.9.0.2/32")
	behind := tuntest.NewChannelTUN()
	begin(behind.TUN(), farKey, ownKey.PublicKey(), far, near, "10.9.0.1/32")
	go sendBack(behind)

	c, err := net.Dial("udp", "10.9.0.2:7")
	check(err)
	for i := range datagrams {
		exchange(c, fmt.Sprintf("number %d", i))
	}
	fmt.Println(datagrams, "datagrams came back")
}

// exchange sends a datagram until it comes back. wireguard-go looks once a second whether
// the interface is up, and drops what it has when it finds that it was not yet.
func exchange(c net.Conn, text string) {
	b := make([]byte, mtu)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		_, err := c.Write([]byte(text))
		check(err)
		check(c.SetReadDeadline(time.Now().Add(2 * time.Second)))
		for err == nil { // older ones may come twice
			var n int
			if n, err = c.Read(b); err == nil && string(b[:n]) == text {
				return
			}
		}
	}
	log.Fatalf("%q does not come back", text)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func newKey() *ecdh.PrivateKey {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	check(err)
	return k
}

// begin starts one end.
func begin(t tun.Device, own *ecdh.PrivateKey, peer *ecdh.PublicKey, port, peerPort int, behindPeer string) {
	d := device.NewDevice(t, conn.NewDefaultBind(), device.NewLogger(device.LogLevelError, ""))
	check(d.IpcSet(fmt.Sprintf("private_key=%x\nlisten_port=%d\npublic_key=%x\nendpoint=127.0.0.1:%d\nallowed_ip=%s\n",
		own.Bytes(), port, peer.Bytes(), peerPort, behindPeer)))
	check(d.Up())
}

// sendBack turns datagrams round.
func sendBack(t *tuntest.ChannelTUN) {
	for p := range t.Inbound {
		if len(p) < header || p[9] != syscall.IPPROTO_UDP {
			continue
		}
		swap(p[12:16], p[16:20]) // the addresses, and then the ports: sums stay right
		swap(p[ip:ip+2], p[ip+2:ip+4])
		t.Outbound <- p
	}
}

func swap(a, b []byte) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}

// raise gives an interface an address and brings it up (netdevice(7)).
func raise(name string, address, mask [4]byte) {
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	check(err)
	defer syscall.Close(s)
	for _, c := range []struct {
		number uintptr
		union  []byte
	}{
		{syscall.SIOCSIFADDR, append([]byte{syscall.AF_INET, 0, 0, 0}, address[:]...)},
		{syscall.SIOCSIFNETMASK, append([]byte{syscall.AF_INET, 0, 0, 0}, mask[:]...)},
		{syscall.SIOCSIFFLAGS, []byte{syscall.IFF_UP}},
	} {
		var r [40]byte // struct ifreq
		copy(r[:syscall.IFNAMSIZ], name)
		copy(r[syscall.IFNAMSIZ:], c.union)
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(s), c.number, uintptr(unsafe.Pointer(&r))); e != 0 {
			log.Fatalf("request %#x: %v", c.number, e)
		}
	}
}
