package net_test

import (
	"errors"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
)

// FuzzControl lets the device answer commands with any ids, lengths and verdicts, in
// any number. What it accepted is in force and what it refused is not; whoever breaks
// the ring has failed and works again after Restart; no memory is lost.
//
// An input is a series of answers, a command's each time up to a zero: what to do,
// and a number. A device that has said nothing valid by then says yes.
func FuzzControl(f *testing.F) {
	f.Add([]byte{0, 0, 0}, false)
	f.Add([]byte{1, 1, 0, 0, 1, 255, 0}, true)
	f.Add([]byte{2, 3, 0, 3, 2, 0, 4, 77, 0}, false)
	f.Add([]byte{1, 0, 1, 0, 0, 3, 0, 0, 5, 0x80}, true)
	f.Fuzz(func(t *testing.T, program []byte, packed bool) {
		features := virtio.Feature(everything | controls)
		if packed {
			features |= virtio.FeatureRingPacked
		}
		r := start(t, features, config{RxSize: 8, TxSize: 8})
		a := &answers{program: program}
		const queue = 2
		r.fake.Serve[queue] = func() { a.serve(r.fake.Queue(queue), packed) }
		addr := r.dev.HardwareAddr()
		for n := byte(1); len(a.program) > 0 && r.dev.State() == netdev.Running; n++ {
			want := netdev.HardwareAddr{2, n}
			err := r.dev.SetHardwareAddr(want)
			switch {
			case err == nil && !a.accepted:
				t.Fatal("a command went well that was refused")
			case err == nil:
				addr = want
			case r.dev.State() == netdev.Running && !errors.Is(err, virtionet.ErrRefused):
				t.Fatal(err)
			}
			if got := r.dev.HardwareAddr(); got != addr {
				t.Fatalf("address %v after %v; want %v", got, err, addr)
			}
		}
		a.program = nil
		if r.dev.State() == netdev.Failed {
			if err := r.dev.Restart(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.dev.SetPromiscuous(true); err != nil {
			t.Fatalf("afterwards: %v", err)
		}
		if err := r.dev.Close(); err != nil || r.mem.Live() != r.pool.Count()*r.pool.Size() {
			t.Errorf("%v, %d bytes lost", err, r.mem.Live()-r.pool.Count()*r.pool.Size())
		}
	})
}

// answers are a device's, as a fuzzer wants them.
type answers struct {
	program  []byte
	accepted bool // it may be taken to have said yes to the last command
}

// serve answers one command.
func (a *answers) serve(q *virtiotest.Queue, packed bool) {
	defer q.EnableKick()
	var c virtiotest.Chain
	if !q.Pop(&c) {
		return
	}
	a.accepted = false
	said := false
	for !said && len(a.program) >= 2 && a.program[0] != 0 {
		what, n := a.program[0], a.program[1]
		a.program = a.program[2:]
		switch what % 6 {
		case 1:
			c.In[0][0] = n
			a.accepted = n == 0
			q.Push(c.Head, 1)
			said = true
		case 2:
			q.PushRaw(uint32(n), 1)
			said = true
		case 3:
			a.accepted = c.In[0][0] == 0 && n == 1
			q.Push(c.Head, int(n))
			said = true
		case 4:
			if !packed {
				q.PublishIndex(uint16(n) << 8)
			}
		case 5:
			if packed {
				q.Poke(int(n)%q.Size(), uint16(n), uint16(n)<<8|uint16(n))
			}
		}
	}
	if len(a.program) > 0 {
		a.program = a.program[1:]
	}
	if !said {
		c.In[0][0] = 0
		a.accepted = true
		q.Push(c.Head, 1)
	}
	q.Publish()
}
