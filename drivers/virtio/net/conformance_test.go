package net_test

import (
	"encoding/binary"
	"sync"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/netdevtest"
)

// wire is the far side of a device: what a host does with its frames. It filters
// by destination as it was told and completes checksums.
type wire struct {
	mu     sync.Mutex // held while the device is at work, which a reset waits for
	fake   *virtiotest.Net
	frame  []byte
	header []byte
	all    bool // promiscuous
	addr   [6]byte
}

func newWire(fake *virtiotest.Net) *wire {
	w := &wire{fake: fake, all: true}
	copy(w.addr[:], fake.Conf)
	fake.Control = func(class, number byte, data []byte) byte {
		switch {
		case class == 0 && number == 0:
			w.all = data[0] != 0
		case class == 1 && number == 1:
			copy(w.addr[:], data)
		}
		return 0
	}
	fake.OnStatus = func(s virtio.Status) {
		if s == 0 {
			w.mu.Lock()
			w.all = true
			copy(w.addr[:], fake.Conf)
			w.mu.Unlock()
		}
	}
	return w
}

// Send implements netdevtest.Wire. A device takes its filters from a command
// that another goroutine gave; the suite does not send at the same time.
func (w *wire) Send(frame []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fake.OldStyle {
		copy(w.addr[:], w.fake.Conf)
	}
	if !w.all && frame[0]&1 == 0 && [6]byte(frame) != w.addr {
		return w.fake.Room(len(frame))
	}
	w.header = append(w.header[:0], make([]byte, w.fake.HeaderLen())...)
	w.header = append(w.header, frame...)
	ok := w.fake.Deliver(w.header)
	w.fake.Flush()
	return ok
}

// Receive implements netdevtest.Wire.
func (w *wire) Receive() ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.fake.Sent(1, func(f []byte) {
		hdr := w.fake.HeaderLen()
		w.frame = append(w.frame[:0], f[hdr:]...)
		if f[0]&1 != 0 { // NEEDS_CSUM
			start, off := int(binary.LittleEndian.Uint16(f[6:])), int(binary.LittleEndian.Uint16(f[8:]))
			sum := ^netbuf.Fold(netbuf.Sum(0, w.frame[start:]))
			binary.BigEndian.PutUint16(w.frame[start+off:], sum)
		}
	})
	return w.frame, n == 1
}

// lines are interrupts by queue.
type lines map[int]chan struct{}

func (l lines) Wait(queue int) { <-l[queue] }

func (l lines) Wake(queue int) {
	select {
	case l[queue] <- struct{}{}:
	default:
	}
}

// TestConformance: the suite that every driver passes, over every kind of device, and
// over every transport, which the data's way does not depend on, with one of each age.
func TestConformance(t *testing.T) {
	for via, reach := range transports {
		for kind, c := range devices {
			if via != "direct" && kind != "split" && kind != "packed" && kind != "legacy" {
				continue
			}
			t.Run(via+"/"+kind, func(t *testing.T) {
				netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
					mem := virtiotest.NewMemory(3 << 20)
					fake := c.make(mem, 1, c.features|controls)
					w := newWire(fake)
					irq := lines{0: make(chan struct{}, 1), virtio.ConfigVector: make(chan struct{}, 1)}
					fake.Interrupt = irq.Wake
					tr, err := reach(&fake.Device)
					if err != nil {
						t.Fatal(err)
					}
					drv, err := virtionet.New(tr, mem)
					if err != nil {
						t.Fatal(err)
					}
					drv.WaitWith(irq)
					return netdevtest.Subject{Driver: drv, Wire: w, SetLink: fake.SetLink}
				})
			})
		}
	}
}

// What a device was told it is told again after a reset.
func TestRestartKeepsSettings(t *testing.T) {
	r := start(t, everything|controls, config{})
	w := newWire(r.fake)
	addr := netdev.HardwareAddr{2, 3, 4, 5, 6, 7}
	if err := r.dev.SetHardwareAddr(addr); err != nil {
		t.Fatal(err)
	}
	if err := r.dev.SetPromiscuous(false); err != nil {
		t.Fatal(err)
	}
	r.fake.Queue(0).PublishIndex(999)
	r.dev.RxBurst(0, make([]*netbuf.Buf, 1))
	if err := r.dev.Restart(); err != nil {
		t.Fatal(err)
	}
	if w.all || netdev.HardwareAddr(w.addr) != addr {
		t.Errorf("promiscuous %v, address %v", w.all, netdev.HardwareAddr(w.addr))
	}
}
