package netstack_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/pci"
	"yolk/drivers/virtio/virtiotest/qtest"
)

// freePort returns a TCP port on loopback that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// qemuHost is a network stack over QEMU's virtio-net with user networking, which
// forwards a loopback port of this machine to port 80 of the stack.
func qemuHost(t *testing.T) (h *host, port int) {
	t.Helper()
	port = freePort(t)
	m := qtest.Start(t, "q35",
		"-netdev", fmt.Sprintf("user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:%d-10.0.2.15:80", port),
		"-device", "virtio-net-pci,addr=2,netdev=n0")
	word, addr, err := m.Alloc(4, 8)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := pci.New(m.Function(2, 0xc0000000), pci.Platform{
		Map:    func(phys uint64, n uint32) (virtio.Region, error) { return m.Region(phys, n), nil },
		Vector: func(int) (uint64, uint32, bool) { return addr, 1, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	// The interrupt is a word of memory: look at it now and then.
	irq, stop := make(event, 1), make(chan struct{})
	dev := open(t, card(t, tr, m, irq), config{})
	t.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
				if atomic.SwapUint32((*uint32)(unsafe.Pointer(&word[0])), 0) != 0 {
					irq.fire()
				}
			}
		}
	}()
	h = newHost(t, dev, 15, ipv4.NewProtocol)
	return h, port
}

// A client of this machine talks TCP through QEMU to the stack, which sends back
// what it gets.
func TestEchoThroughQEMU(t *testing.T) {
	h, port := qemuHost(t)
	a := tcpip.AddrFrom4([4]byte{10, 0, 2, 15})
	if err := h.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: a, PrefixLen: 24}}, stack.AddressProperties{}); err != nil {
		t.Fatal(err)
	}
	l, err := gonet.ListenTCP(h.Stack, tcpip.FullAddress{NIC: 1, Addr: a, Port: 80}, ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	defer l.Close()
	for round := range 3 {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(30 * time.Second))
		sent := make([]byte, 1<<20)
		rand.NewChaCha8([32]byte{byte(round)}).Read(sent)
		go func() { c.Write(sent); c.(*net.TCPConn).CloseWrite() }()
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("round %d: %d bytes back, %v; %+v %+v", round, len(got), err, h.ep.Stats(), h.ep.Device().Stats())
		}
		c.Close()
	}
	if n := h.Stack.Stats().TCP.ChecksumErrors.Value(); n != 0 {
		t.Errorf("%d checksum errors", n)
	}
	t.Logf("%+v", h.ep.Stats())
}
