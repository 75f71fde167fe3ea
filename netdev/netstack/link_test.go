package netstack_test

import (
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
)

// wired are the interrupts of a card that tells of its link.
type wired struct{ packets, link event }

func (w wired) of(queue int) event {
	if queue == virtio.ConfigVector {
		return w.link
	}
	return w.packets
}

func (w wired) Wait(queue int) { w.of(queue).wait() }
func (w wired) Wake(queue int) { w.of(queue).fire() }

// TestWaitLink: who waits learns that the wire is pulled and put back, that a device
// has failed and runs again, and that the endpoint is closed.
func TestWaitLink(t *testing.T) {
	const status = 1 << 16 // VIRTIO_NET_F_STATUS
	mem := virtiotest.NewMemory(4 << 20)
	fake := virtiotest.NewNet(mem, 1, status)
	fake.SetLink(true)
	irq := wired{make(event, 1), make(event, 1)}
	fake.Interrupt = irq.Wake
	drv := card(t, fake, mem, nil)
	drv.WaitWith(irq)
	h := newHost(t, open(t, drv, config{}), 1, ipv4.NewProtocol)

	states, ended := make(chan bool), make(chan error, 1)
	go func() {
		up, err := h.ep.WaitLink(true)
		for ; err == nil; up, err = h.ep.WaitLink(up) {
			states <- up
		}
		ended <- err
	}()
	expect := func(what string, want bool) {
		t.Helper()
		select {
		case got := <-states:
			if got != want {
				t.Fatalf("%s: up %v, want %v", what, got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatal(what, ": nothing was said")
		}
	}
	for range 3 {
		fake.SetLink(false)
		expect("pulled", false)
		fake.SetLink(true)
		expect("put back", true)
		fake.GiveUp()
		expect("failed", false)
		expect("reset", true)
	}
	h.ep.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("no reason given")
		}
	case <-time.After(10 * time.Second):
		t.Error("still waiting for a closed endpoint")
	}
}
