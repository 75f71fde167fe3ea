package net_test

import (
	"bytes"
	"errors"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

const (
	ctrlVQ, ctrlRx, ctrlMAC = 1 << 17, 1 << 18, 1 << 23
	mq                      = 1 << 22
	controls                = ctrlVQ | ctrlRx | ctrlMAC
)

// Four queue pairs are four networks of their own: what is sent on one leaves
// there, what comes in on one is received there.
func TestQueuePairs(t *testing.T) {
	for name, features := range rings {
		t.Run(name, func(t *testing.T) {
			r := start(t, features|controls|mq, config{Queues: 4, RxSize: 16, TxSize: 16})
			if info := r.dev.Info(); info.MaxRxQueues != virtiotest.MaxPairs || info.MaxTxQueues != virtiotest.MaxPairs {
				t.Errorf("%+v", info)
			}
			if want := []byte{4, 0, 4, 0}; len(r.fake.Commands) != 1 || !bytes.Equal(r.fake.Commands[0], want) {
				t.Errorf("commands % x, want % x", r.fake.Commands, want)
			}
			for round := range 40 {
				for queue, pair := range r.fake.Pairs {
					n := 60 + 4*round + queue
					if r.dev.TxBurst(queue, []*netbuf.Buf{r.packet(n)}) != 1 {
						t.Fatalf("queue %d full", queue)
					}
					if !pair.Deliver(frame(n)) {
						t.Fatalf("queue %d has no buffers", queue)
					}
					pair.Flush()
				}
				var in [4]*netbuf.Buf
				for queue, pair := range r.fake.Pairs {
					n := 60 + 4*round + queue
					if pair.Sent(8, func(f []byte) {
						if !bytes.Equal(f, frame(n)) {
							t.Fatalf("queue %d sent %d bytes, want %d", queue, len(f), len(frame(n)))
						}
					}) != 1 {
						t.Fatalf("queue %d sent nothing", queue)
					}
					if got := r.dev.RxBurst(queue, in[:]); got != 1 || in[0].Len() != n {
						t.Fatalf("queue %d received %d", queue, got)
					}
					in[0].Free()
				}
			}
			if r.dev.RxBurst(4, nil)+r.dev.TxBurst(-1, nil) != 0 || r.dev.EnableInterrupt(4) {
				t.Error("a fifth queue")
			}
			if s := r.dev.Stats(); s.RxPackets != 160 || s.TxPackets != 160 || s.RxErrors+s.TxErrors+s.DeviceErrors != 0 {
				t.Errorf("%+v", s)
			}
			if err := r.dev.Close(); err != nil || r.mem.Live() != r.pool.Count()*r.pool.Size() {
				t.Errorf("%v, %d bytes lost", err, r.mem.Live()-r.pool.Count()*r.pool.Size())
			}
		})
	}
}

// A device with several pairs of which one is wanted is not asked for more, and
// its control queue is where it is without MQ.
func TestOneOfManyPairs(t *testing.T) {
	r := start(t, everything|mq, config{})
	if r.fake.Accepted()&mq != 0 || len(r.fake.Commands) != 0 {
		t.Errorf("accepted %#x, commands % x", r.fake.Accepted(), r.fake.Commands)
	}
	_, err := open(everything|mq|ctrlVQ, config{Queues: 5})
	if !errors.Is(err, netdev.ErrConfig) {
		t.Errorf("five of four pairs: %v", err)
	}
}

// open opens a device over a new fake.
func open(features virtio.Feature, cfg config, spoil ...func(n *virtiotest.Net)) (*port, error) {
	mem := virtiotest.NewMemory(8 << 20)
	fake := virtiotest.NewNet(mem, 1, features)
	for _, f := range spoil {
		f(fake)
	}
	dev, err := newPort(fake, mem)
	if err != nil {
		return nil, err
	}
	return dev, dev.open(cfg)
}

func TestControlCommands(t *testing.T) {
	r := start(t, everything|controls, config{})
	addr := netdev.HardwareAddr{2, 3, 4, 5, 6, 7}
	for _, err := range []error{r.dev.SetPromiscuous(true), r.dev.SetHardwareAddr(addr), r.dev.SetPromiscuous(false)} {
		if err != nil {
			t.Error(err)
		}
	}
	want := [][]byte{{0, 0, 1}, {1, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 1}, {0, 0, 0}}
	for i := range want {
		if i >= len(r.fake.Commands) || !bytes.Equal(r.fake.Commands[i], want[i]) {
			t.Fatalf("commands % x, want % x", r.fake.Commands, want)
		}
	}
	if r.dev.HardwareAddr() != addr {
		t.Errorf("address %v", r.dev.HardwareAddr())
	}

	// Refused by the device: an error, and nothing changes.
	r.fake.Control = func(class, number byte, data []byte) byte { return 1 }
	if err := r.dev.SetHardwareAddr(netdev.HardwareAddr{8}); !errors.Is(err, virtionet.ErrRefused) || r.dev.HardwareAddr() != addr {
		t.Errorf("%v, address %v", err, r.dev.HardwareAddr())
	}
	// Not agreed on, or not running.
	plain := start(t, everything, config{})
	if err := plain.dev.SetPromiscuous(true); !errors.Is(err, netdev.ErrUnsupported) {
		t.Error(err)
	}
	if err := plain.dev.Close(); err != nil {
		t.Error(err)
	}
	if err := plain.dev.SetHardwareAddr(addr); !errors.Is(err, netdev.ErrState) {
		t.Error(err)
	}
}

// Lies on the control queue: no answer, an answer of no or too many bytes, to
// another command, twice.
func TestHostileControl(t *testing.T) {
	const queue = 2
	for name, c := range map[string]struct {
		answer func(q *virtiotest.Queue)
		want   error
	}{
		"silent":   {func(q *virtiotest.Queue) {}, virtionet.ErrSilent},
		"no bytes": {func(q *virtiotest.Queue) { reply(q, 0); q.Publish() }, virtionet.ErrRefused},
		"too long": {func(q *virtiotest.Queue) { reply(q, 2); q.Publish() }, virtio.ErrUsedLen},
		"other id": {func(q *virtiotest.Queue) { q.PushRaw(3, 1); q.Publish() }, virtio.ErrNotOwned},
		"far id":   {func(q *virtiotest.Queue) { q.PushRaw(9999, 1); q.Publish() }, virtio.ErrUsedID},
		"index":    {func(q *virtiotest.Queue) { q.PublishIndex(77) }, virtio.ErrUsedIndex},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, everything|controls, config{})
			r.fake.Serve[queue] = func() { c.answer(r.fake.Queue(queue)) }
			if err := r.dev.SetPromiscuous(true); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			broken := c.want != virtionet.ErrSilent && c.want != virtionet.ErrRefused
			if failed := r.dev.State() == netdev.Failed; failed != broken {
				t.Errorf("device is %v", r.dev.State())
			}
		})
	}
}

// An answer that comes when nobody waits for it any more is not taken for that to the
// next command, and until it has come no other is given: the device may still be
// reading the buffer.
func TestLateControlAnswer(t *testing.T) {
	t.Parallel()
	const queue = 2
	r := start(t, everything|controls, config{})
	var first virtiotest.Chain
	r.fake.Serve[queue] = func() { r.fake.Queue(queue).Pop(&first) }
	if err := r.dev.SetPromiscuous(true); !errors.Is(err, virtionet.ErrSilent) {
		t.Error(err)
	}
	r.fake.Serve[queue] = func() { t.Error("a command before the answer to the last") }
	if err := r.dev.SetHardwareAddr(netdev.HardwareAddr{2, 1}); !errors.Is(err, virtionet.ErrSilent) {
		t.Error(err)
	}
	q := r.fake.Queue(queue)
	first.In[0][0] = 0
	q.Push(first.Head, 1)
	q.Publish()
	q.EnableKick()
	refuse := func() {
		var c virtiotest.Chain
		q.Pop(&c)
		c.In[0][0] = 1
		q.Push(c.Head, 1)
		q.Publish()
		q.EnableKick()
	}
	r.fake.Serve[queue] = refuse
	if err := r.dev.SetHardwareAddr(netdev.HardwareAddr{2, 2}); !errors.Is(err, virtionet.ErrRefused) {
		t.Errorf("refused, and %v", err)
	}
	r.fake.Serve[queue] = func() { reply(q, 1); q.Publish() }
	if err := r.dev.SetHardwareAddr(netdev.HardwareAddr{2, 3}); err != nil || r.dev.HardwareAddr()[1] != 3 {
		t.Error(err)
	}
}

// reply answers a command with ack 0 and any length.
func reply(q *virtiotest.Queue, n int) {
	var c virtiotest.Chain
	q.Pop(&c)
	c.In[0][0] = 0
	q.Push(c.Head, n)
}

// A device that refuses its queue pairs, or never answers, does not start.
func TestPairsRefused(t *testing.T) {
	cfg := config{Queues: 2}
	_, err := open(everything|controls|mq, cfg, func(n *virtiotest.Net) {
		n.Control = func(class, number byte, data []byte) byte { return 1 }
	})
	if !errors.Is(err, virtionet.ErrRefused) {
		t.Error(err)
	}
	for _, pairs := range [][]byte{{0, 0}, {0xff, 0xff}} {
		_, err := open(everything|controls|mq, cfg, func(n *virtiotest.Net) { copy(n.Conf[8:], pairs) })
		if !errors.Is(err, virtionet.ErrPairs) {
			t.Errorf("% x pairs: %v", pairs, err)
		}
	}
}
