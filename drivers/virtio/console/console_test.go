package console_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/console"
	"yolk/drivers/virtio/virtiotest"
)

// host is a console device that keeps what it is given and answers by answer, in a
// goroutine of its own, when it is told to look.
type host struct {
	*virtiotest.Device
	mem    *virtiotest.Memory
	got    bytes.Buffer
	bell   chan bool
	once   sync.Once
	ended  sync.WaitGroup
	irq    chan bool
	answer func(q *virtiotest.Queue, c *virtiotest.Chain)
}

func newHost(t *testing.T) *host {
	mem := virtiotest.NewMemory(1 << 18)
	h := &host{mem: mem, bell: make(chan bool, 1), irq: make(chan bool, 1)}
	h.answer = func(q *virtiotest.Queue, c *virtiotest.Chain) { q.Push(c.Head, 0) }
	h.Device = &virtiotest.Device{Kind: virtio.IDConsole, Features: virtio.FeatureVersion1 | virtio.FeatureEventIdx, Sizes: []int{8, 8}, Mem: mem}
	h.OnNotify = func(queue int) {
		if queue != 1 {
			t.Errorf("doorbell of queue %d", queue)
		}
		h.bell <- true
	}
	t.Cleanup(h.end)
	h.ended.Go(h.serve)
	return h
}

// end stops the device.
func (h *host) end() {
	h.once.Do(func() { close(h.bell) })
	h.ended.Wait()
}

func (h *host) serve() {
	var c virtiotest.Chain
	for range h.bell {
		for q := h.Queue(1); q.Pop(&c); {
			for _, b := range c.Out {
				h.got.Write(b)
			}
			h.answer(q, &c)
			if q.Publish() {
				select {
				case h.irq <- true:
				default:
				}
			}
		}
	}
}

// Wait implements console.Interrupt.
func (h *host) Wait(int) { <-h.irq }

// TestWrite: all bytes arrive, in pieces as large as the buffer, polled and by
// interrupts.
func TestWrite(t *testing.T) {
	for _, polled := range []bool{true, false} {
		h := newHost(t)
		irq := console.Interrupt(h)
		if polled {
			irq = nil
		}
		d, err := console.New(h, h.mem, irq)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		for _, n := range []int{0, 1, 1000, 64 << 10, 64<<10 + 1, 200_000} {
			p := bytes.Repeat([]byte{byte(n), 'x', byte(n >> 8)}, n)[:n]
			want.Write(p)
			if got, err := d.Write(p); got != n || err != nil {
				t.Fatalf("%d of %d, %v", got, n, err)
			}
		}
		if !bytes.Equal(h.got.Bytes(), want.Bytes()) {
			t.Errorf("polled %v: %d bytes arrived, not the %d that were written", polled, h.got.Len(), want.Len())
		}
	}
}

// TestConcurrent: what one call writes stays together.
func TestConcurrent(t *testing.T) {
	h := newHost(t)
	d, err := console.New(h, h.mem, h)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, word := range []string{"one two three\n", "four five six\n"} {
		all.Go(func() {
			for range 500 {
				if _, err := d.Write([]byte(word)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, word := range []string{"one two three\n", "four five six\n"} {
		if n := strings.Count(h.got.String(), word); n != 500 {
			t.Errorf("%d of 500 %q", n, word)
		}
	}
	if h.got.Len() != 1000*14 {
		t.Errorf("%d bytes", h.got.Len())
	}
}

func TestKind(t *testing.T) {
	h := newHost(t)
	h.Kind = virtio.IDNet
	if _, err := console.New(h, h.mem, nil); !errors.Is(err, console.ErrKind) {
		t.Error(err)
	}
}

// TestHostile: a lying device ends the console with an error, and it is not
// written to again.
func TestHostile(t *testing.T) {
	for _, c := range []struct {
		id, written uint32
		want        error
	}{{77, 0, virtio.ErrUsedID}, {1, 0, virtio.ErrNotOwned}} {
		h := newHost(t)
		h.answer = func(q *virtiotest.Queue, _ *virtiotest.Chain) { q.PushRaw(c.id, c.written) }
		d, err := console.New(h, h.mem, h)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if n, err := d.Write([]byte("hello")); n != 0 || !errors.Is(err, c.want) {
				t.Errorf("%d bytes, %v, want %v", n, err, c.want)
			}
		}
		if h.got.String() != "hello" {
			t.Errorf("the device was given %q", &h.got)
		}
	}
}
