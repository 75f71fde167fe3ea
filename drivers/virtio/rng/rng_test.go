package rng_test

import (
	"bytes"
	"errors"
	"testing"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/rng"
	"yolk/drivers/virtio/virtiotest"
)

// source is an entropy device that answers at the doorbell with the bytes 1, 2,
// 3 ..., at most most at a time.
func source(most int, spoil func(q *virtiotest.Queue, c *virtiotest.Chain) bool) (*virtiotest.Device, *virtiotest.Memory) {
	mem := virtiotest.NewMemory(1 << 16)
	d := &virtiotest.Device{Kind: virtio.IDRng, Features: virtio.FeatureVersion1 | virtio.FeatureEventIdx, Sizes: []int{8}, Mem: mem}
	var c virtiotest.Chain
	next := byte(0)
	d.OnNotify = func(int) {
		q := d.Queue(0)
		for q.Pop(&c) {
			if spoil != nil && spoil(q, &c) {
				continue
			}
			n := min(most, c.Room())
			for i := range c.In[0][:n] {
				next++
				c.In[0][i] = next
			}
			q.Push(c.Head, n)
			q.Publish()
		}
	}
	return d, mem
}

func TestRead(t *testing.T) {
	for _, most := range []int{1, 7, 1 << 20} {
		d, mem := source(most, nil)
		r, err := rng.New(d, mem)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 1000)
		if n, err := r.Read(got); n != len(got) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		for i, b := range got {
			if b != byte(i+1) {
				t.Fatalf("at most %d: byte %d is %d", most, i, b)
			}
		}
	}
}

func TestKind(t *testing.T) {
	d, mem := source(1, nil)
	d.Kind = virtio.IDNet
	if _, err := rng.New(d, mem); !errors.Is(err, rng.ErrKind) {
		t.Error(err)
	}
}

// A lying device ends the source with an error; it does not hand out bytes that
// were never written, and it is not asked again.
func TestHostile(t *testing.T) {
	for written, want := range map[int]error{100000: virtio.ErrUsedLen, 0: rng.ErrEmpty} {
		d, mem := source(1, func(q *virtiotest.Queue, c *virtiotest.Chain) bool {
			q.Push(c.Head, written)
			q.Publish()
			return true
		})
		r, err := rng.New(d, mem)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 16)
		for range 2 {
			if n, err := r.Read(got); n != 0 || !errors.Is(err, want) || !bytes.Equal(got, make([]byte, 16)) {
				t.Errorf("%d bytes, %v, want %v", n, err, want)
			}
		}
	}
}
