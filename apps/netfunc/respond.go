package netfunc

import (
	"fmt"
	"net/netip"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// A Responder serves queue 0 of a running device: it answers packets in the buffers
// that they came in, a burst at a time. One goroutine at a time uses it.
type Responder struct {
	dev    *netdev.Device
	answer func(*netbuf.Buf) bool
	bufs   []*netbuf.Buf

	Ignored, Drops uint64 // packets without an answer; answers that found the queue full
}

// NewResponder makes a responder of answer, which turns a packet into the answer to it,
// or returns false.
func NewResponder(dev *netdev.Device, answer func(*netbuf.Buf) bool) Responder {
	return Responder{dev: dev, answer: answer, bufs: make([]*netbuf.Buf, 64)}
}

// Turn serves one burst and returns how many packets there were.
func (r *Responder) Turn() (int, error) {
	n, status := r.dev.RxBurst(0, r.bufs)
	if status&netdev.Stopped != 0 {
		return 0, r.dev.Err()
	}
	answers := 0
	for _, b := range r.bufs[:n] {
		if r.answer(b) {
			r.bufs[answers] = b
			answers++
		} else {
			r.Ignored++
			b.Free()
		}
	}
	// Also with none: answers that were sent give their buffers back on the way.
	sent, status := r.dev.TxBurst(0, r.bufs[:answers])
	netbuf.FreeBurst(r.bufs[sent:answers])
	r.Drops += uint64(answers - sent)
	if status&netdev.Stopped != 0 {
		return n, r.dev.Err()
	}
	return n, nil
}

// Sleep waits for packets, after a turn without any: it asks for an interrupt
// and, unless packets came in the meantime, for which there may be none, sleeps
// until it comes.
func (r *Responder) Sleep() error {
	pending, err := r.dev.EnableInterrupt(0)
	if err != nil {
		return err
	}
	if !pending {
		if err := r.dev.Wait(0); err != nil {
			return err
		}
	}
	return r.dev.DisableInterrupt(0)
}

// Poll serves without a pause until the device ends, and prints what say says every
// now and then.
func (r *Responder) Poll(every time.Duration, say func() string) error {
	const stride = 1 << 12 // turns between two looks at the clock
	for last := time.Now(); ; {
		for range stride {
			if _, err := r.Turn(); err != nil {
				return err
			}
		}
		if now := time.Now(); now.Sub(last) >= every {
			last = now
			fmt.Println(say())
		}
	}
}

// Wait serves until the device ends, and sleeps while there is nothing to do.
func (r *Responder) Wait() error {
	for {
		n, err := r.Turn()
		if err == nil && n == 0 {
			err = r.Sleep()
		}
		if err != nil {
			return err
		}
	}
}

// Address is the IPv4 address that a program was given, or else what the platform
// knows of the device.
func Address(given string, dev *netdev.Device) (netip.Addr, error) {
	if given != "" {
		a, err := netip.ParseAddr(given)
		if err != nil || !a.Is4() {
			return a, fmt.Errorf("-addr %s: no IPv4 address, such as 10.0.2.15", given)
		}
		return a, nil
	}
	a := dev.Extra().Address.Addr()
	if !a.Is4() {
		return a, fmt.Errorf("no IPv4 address: give -addr, or the machine's with -opt ip=10.0.2.15/24")
	}
	return a, nil
}
