package main

import (
	"fmt"
	"time"

	"yolk/apps/udpkv/kv"
	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// client asks a server straight over a network device, at the other end of whose
// wire is the server's: each answer's buffer becomes the next request.
type client struct {
	dev     *netdev.Device
	pool    *netbuf.Pool
	request []byte // the frame that asks
	window  int
	bufs    []*netbuf.Buf
	answers []*netbuf.Buf
	woken   chan struct{} // by an interrupt
	timer   *time.Timer
}

const key, value = "yolk", "white of egg"

// newClient starts dev as the client of the server on `server`, at address addr.
func newClient(dev, server *netdev.Device, addr wire.IPv4, window int) (*client, error) {
	c := &client{
		dev: dev, window: window, bufs: make([]*netbuf.Buf, window), answers: make([]*netbuf.Buf, window),
		woken: make(chan struct{}, 1), timer: time.NewTimer(patience),
	}
	interrupted := func(int) {
		select {
		case c.woken <- struct{}{}:
		default: // it has been told already
		}
	}
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{Event: interrupted}, netdev.TxConfig{}); err != nil {
		return nil, err
	}
	var err error
	if c.pool, err = netbuf.NewPool(dev.Info().Memory, 4*window, netbuf.DefaultSize, netbuf.DefaultHeadroom); err != nil {
		return nil, err
	}
	// The server's address is known, but not yet while its stack starts.
	for deadline := time.Now().Add(10 * time.Second); server.State() != netdev.Running; {
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%s: the server's device does not run", server.Name())
		}
		time.Sleep(time.Millisecond)
	}
	h := wire.UDP{
		DstMAC: server.HardwareAddr(), SrcMAC: dev.HardwareAddr(),
		Dst: addr, Src: addr + 1, DstPort: kv.Port, SrcPort: kv.Port,
	}
	frame := make([]byte, wire.Headers+kv.MaxData)
	c.request = frame[:wire.Headers+kv.Request(frame[wire.Headers:], kv.Set, 0, key, []byte(value))]
	h.Put(c.request)
	if _, err := c.run(1, 10*time.Second); err != nil {
		return nil, fmt.Errorf("setting the key: %w", err)
	}
	c.request = frame[:wire.Headers+kv.Request(frame[wire.Headers:], kv.Get, 0, key, nil)]
	h.Put(c.request)
	return c, nil
}

// measure returns how many requests a second are answered.
func (c *client) measure(length time.Duration) (float64, error) {
	begin := time.Now()
	n, err := c.run(0, length)
	return float64(n) / time.Since(begin).Seconds(), err
}

// patience is how long no answer may come until the window is asked again: the
// emulator's hub loses packets when a card is slow.
const patience = 200 * time.Millisecond

// run keeps a window of requests under way until `enough` are answered (0: no
// end) or time is up, and returns how many were. It sleeps while it waits for
// answers, so that the server has the processor.
func (c *client) run(enough int, length time.Duration) (answered int, err error) {
	begin := time.Now()
	c.ask(c.window)
	for seen := begin; ; {
		n, err := c.receive()
		if err != nil {
			return answered, err
		}
		answered += n
		now := time.Now()
		switch {
		case now.Sub(begin) >= length && answered == 0:
			return 0, fmt.Errorf("no answer in %v", length)
		case now.Sub(begin) >= length || enough > 0 && answered >= enough:
			return answered, nil
		case n > 0:
			seen = now
			c.ask(n)
			continue
		case now.Sub(seen) >= patience:
			seen = now
			c.ask(c.window)
		}
		if err := c.sleep(); err != nil {
			return answered, err
		}
	}
}

// sleep waits for packets, but not for ever.
func (c *client) sleep() error {
	pending, err := c.dev.EnableInterrupt(0)
	if err != nil {
		return err
	}
	if !pending {
		c.timer.Reset(patience)
		select {
		case <-c.woken:
		case <-c.timer.C:
		}
	}
	return c.dev.DisableInterrupt(0)
}

// ask sends n requests, or as many as there are buffers and room for.
func (c *client) ask(n int) {
	got := c.pool.GetBurst(c.bufs[:n])
	for _, b := range c.bufs[:got] {
		copy(b.Append(max(len(c.request), wire.MinFrame)), c.request)
	}
	sent, _ := c.dev.TxBurst(0, c.bufs[:got])
	netbuf.FreeBurst(c.bufs[sent:got])
}

// receive counts answers, and tells who asks where it is: stacks do, before
// they answer.
func (c *client) receive() (answers int, err error) {
	n, status := c.dev.RxBurst(0, c.answers)
	if status&netdev.Stopped != 0 {
		return 0, c.dev.Err()
	}
	for _, b := range c.answers[:n] {
		h, payload, fault := wire.Parse(b.Bytes())
		if fault == wire.NotIPv4 || fault == wire.Short {
			own, _, _ := wire.Parse(c.request)
			if wire.AnswerARP(b.Bytes(), own.SrcMAC, own.Src) && c.dev.TxOne(0, b)&netdev.Success != 0 {
				continue
			}
		}
		if fault == wire.Fine && h.SrcPort == kv.Port {
			op, status, _, v, ok := kv.Answer(payload)
			if !ok || status != kv.OK || op == kv.Get && string(v) != value {
				b.Free()
				return answers, fmt.Errorf("wrong answer: operation %d, status %d, %q", op, status, v)
			}
			answers++
		}
		b.Free()
	}
	return answers, nil
}
