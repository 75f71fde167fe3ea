package main

import (
	"errors"
	"strings"
	"testing"

	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

// TestFull drops or retries, with a sink that takes a third of each burst. The
// buffers are as many as a burst, so that none may get lost.
func TestFull(t *testing.T) {
	for _, drop := range []bool{false, true} {
		l := isolated(t, "-mode", "copy", "-number", "-count", "1000", "-burst", "9", "-buffers", "9")
		l.drop = drop
		var numbers []uint64
		l.to = func(bufs []*netbuf.Buf) (int, error) {
			n := (len(bufs) + 2) / 3
			for _, b := range bufs[:n] {
				v, _ := number(b.Bytes()[wire.Headers:])
				numbers = append(numbers, v)
			}
			netbuf.FreeBurst(bufs[:n])
			return n, nil
		}
		if err := l.run(); err != nil {
			t.Fatal(err)
		}
		if len(numbers) != 1000 || l.meter.packets != 1000 {
			t.Errorf("drop %v: %d packets, counted %d", drop, len(numbers), l.meter.packets)
		}
		for i, n := range numbers {
			if !drop && n != uint64(i+1) {
				t.Fatalf("packet %d has number %d", i, n)
			}
		}
		if last := numbers[999]; drop && (l.dropped == 0 || last <= 1000) || !drop && l.dropped != 0 {
			t.Errorf("drop %v: %d dropped, last number %d", drop, l.dropped, last)
		}
	}
}

func TestSinkFails(t *testing.T) {
	l := isolated(t, "-count", "10")
	broken := errors.New("broken")
	l.to = func([]*netbuf.Buf) (int, error) { return 0, broken }
	if err := l.run(); err != broken {
		t.Error(err)
	}
}

// TestSendAndReceive joins two pktgens by a cable.
func TestSendAndReceive(t *testing.T) {
	a, b := pipe.New()
	out, in := netdev.Register(a).Number(), netdev.Register(b).Number()
	to := args(t, "-receive", "-check", "-count", "20000")
	to.device = in
	received := make(chan error)
	go func() { received <- receive(to) }()
	for netdev.Get(in).State() != netdev.Running {
		// a cable to nobody loses what is sent
	}
	from := args(t, "-mode", "reuse", "-number", "-count", "20000", "-sport", "1-9")
	from.device = out
	if err := send(from); err != nil {
		t.Error(err)
	}
	if err := <-received; err != nil {
		t.Error(err)
	}
	for _, n := range []int{out, in} {
		if s := netdev.Get(n).State(); s != netdev.Unprobed {
			t.Errorf("netdev %d is %v afterwards", n, s)
		}
	}
	if s := b.Stats(); s.RxPackets != 20000 || s.RxBytes != 20000*60 {
		t.Errorf("%+v", s)
	}
}

func TestNoDevice(t *testing.T) {
	o := args(t)
	o.device = 1000
	netdev.Register(pipe.Loopback())
	if err := send(o); err == nil || !strings.Contains(err.Error(), "-device 1000") {
		t.Error(err)
	}
}

// TestCheck counts what is wrong with packets.
func TestCheck(t *testing.T) {
	s := sourceFor(t, args(t, "-mode", "copy", "-number"))
	var bufs [6]*netbuf.Buf
	s.fill(bufs[:])
	bufs[1].Bytes()[50]++                                // number 2: its checksum is wrong
	copy(bufs[2].Bytes()[wire.Headers:], "swap")         // 3: not ours,
	copy(bufs[2].Bytes()[wire.OffUDPSum:], []byte{0, 0}) // and in order
	bufs[3].SetNext(bufs[4])                             // 4: with another part
	var c check
	for _, i := range []int{0, 1, 2, 3, 5, 0} {
		c.packet(bufs[i])
	}
	if got, want := c.String(), "3 in order, 1 bad length, 1 bad UDP checksum, 1 foreign, 4 lost, 1 late or twice"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
