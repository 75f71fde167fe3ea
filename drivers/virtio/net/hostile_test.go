package net_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// rings are the layouts that the driver agrees on.
var rings = map[string]virtio.Feature{
	"split":  everything,
	"packed": everything | virtio.FeatureRingPacked,
}

// lie is what a device does to the queues; in which layouts it can.
type lie struct {
	split, packed bool
	tell          func(rx, tx *virtiotest.Queue)
}

// header sets a field of the packet header and answers with a frame of 60 bytes.
func header(q *virtiotest.Queue, off int, v uint16) {
	c := take(q)
	binary.LittleEndian.PutUint16(c.In[0][10:], 1)
	binary.LittleEndian.PutUint16(c.In[0][off:], v)
	q.Push(c.Head, 72)
	q.Publish()
}

const usedBits = 1<<7 | 1<<15

var lies = map[string]lie{
	"rx index too far":   {true, false, func(rx, tx *virtiotest.Queue) { rx.PublishIndex(200) }},
	"rx index backwards": {true, false, func(rx, tx *virtiotest.Queue) { rx.PublishIndex(65000) }},
	"rx index jumps":     {true, false, func(rx, tx *virtiotest.Queue) { header(rx, 0, 0); rx.PublishIndex(34) }},
	"rx ring reset": {true, false, func(rx, tx *virtiotest.Queue) {
		header(rx, 0, 0)
		settle()
		rx.Wipe()
		rx.PublishIndex(0)
	}},
	"rx id":          {true, true, func(rx, tx *virtiotest.Queue) { rx.PushRaw(40000, 60); rx.Publish() }},
	"rx id 32 bits":  {true, false, func(rx, tx *virtiotest.Queue) { rx.PushRaw(1<<16, 60); rx.Publish() }},
	"rx length":      {true, true, func(rx, tx *virtiotest.Queue) { rx.PushRaw(0, 4000); rx.Publish() }},
	"rx length huge": {true, true, func(rx, tx *virtiotest.Queue) { rx.PushRaw(0, 1<<32-1); rx.Publish() }},
	"rx repeated":    {true, true, func(rx, tx *virtiotest.Queue) { rx.PushRaw(0, 100); rx.PushRaw(0, 100); rx.Publish() }},
	"rx repeated later": {true, true, func(rx, tx *virtiotest.Queue) {
		rx.PushRaw(5, 10)
		rx.Publish()
		settle()
		rx.PushRaw(5, 10)
		rx.Publish()
	}},
	"tx not sent":  {true, true, func(rx, tx *virtiotest.Queue) { tx.PushRaw(99, 0); tx.Publish() }},
	"tx repeated":  {true, true, func(rx, tx *virtiotest.Queue) { c := take(tx); tx.Push(c.Head, 0); tx.Push(c.Head, 0); tx.Publish() }},
	"tx index":     {true, false, func(rx, tx *virtiotest.Queue) { tx.PublishIndex(7) }},
	"tx lap":       {false, true, func(rx, tx *virtiotest.Queue) { flood(tx, usedBits) }},
	"rx lap":       {false, true, func(rx, tx *virtiotest.Queue) { flood(rx, usedBits) }},
	"rx answer 70": {false, true, func(rx, tx *virtiotest.Queue) { rx.Poke(0, 70, usedBits) }},
	"rx wiped in odd lap": {false, true, func(rx, tx *virtiotest.Queue) {
		for range 40 { // into the second lap
			header(rx, 0, 0)
			settle()
		}
		rx.Wipe()
	}},
	"no num_buffers":  {true, true, func(rx, tx *virtiotest.Queue) { header(rx, 10, 0) }},
	"num_buffers 999": {true, true, func(rx, tx *virtiotest.Queue) { header(rx, 10, 999) }},
	"num_buffers max": {true, true, func(rx, tx *virtiotest.Queue) { header(rx, 10, 65535) }},
	"merge never ends": {true, false, func(rx, tx *virtiotest.Queue) {
		header(rx, 10, 3)
		rx.PublishIndex(9999)
	}},
	"merge of a lie": {true, true, func(rx, tx *virtiotest.Queue) {
		header(rx, 10, 3)
		rx.PushRaw(31, 5000)
		rx.Publish()
	}},
}

// settle lets the driver under test take what there is.
var settle func()

func flood(q *virtiotest.Queue, flags uint16) {
	for i := range q.Size() {
		q.Poke(i, 0, flags)
	}
}

// take pops one buffer on the device's side.
func take(q *virtiotest.Queue) virtiotest.Chain {
	var c virtiotest.Chain
	q.Pop(&c)
	for _, p := range c.In {
		clear(p[:12])
	}
	return c
}

// A device that lies about the ring or about merging is stopped, counted and
// reported, and works again after Restart with no buffer lost.
func TestHostileDeviceRestart(t *testing.T) {
	for layout, features := range rings {
		for name, l := range lies {
			if layout == "split" && !l.split || layout == "packed" && !l.packed {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", layout, name), func(t *testing.T) {
				r := start(t, features, config{RxSize: 32, RxBuffers: 32})
				r.dev.TxBurst(0, []*netbuf.Buf{r.packet(60)})
				var in [8]*netbuf.Buf
				settle = func() {
					netbuf.FreeBurst(in[:r.dev.RxBurst(0, in[:])])
					r.dev.TxBurst(0, nil)
				}
				l.tell(r.fake.Queue(0), r.fake.Queue(1))
				for range 5 {
					settle()
				}
				r.recovers()
			})
		}
	}
}

// A device that gives up tells who waits for its link, and works again after
// Restart.
func TestDeviceGivesUp(t *testing.T) {
	for _, features := range rings {
		r := start(t, features, config{RxSize: 32, RxBuffers: 32})
		r.fake.GiveUp()
		if _, err := r.dev.WaitLink(netdev.LinkUp); !errors.Is(err, virtionet.ErrGaveUp) || !errors.Is(err, netdev.ErrState) {
			t.Error(err)
		}
		r.recovers()
		r.fake.GiveUp()
		if now := r.dev.Link(); now != netdev.LinkDown || !errors.Is(r.dev.Err(), virtionet.ErrGaveUp) {
			t.Errorf("link %v, %v", now, r.dev.Err())
		}
	}
}

// recovers checks that the device has failed, and that after Restart every buffer
// is there and packets pass.
func (r *rig) recovers() {
	r.Helper()
	if s := r.dev.Stats(); r.dev.State() != netdev.Failed || s.DeviceErrors != 1 || r.dev.Err() == nil {
		r.Fatalf("%v, %v, %+v", r.dev.State(), r.dev.Err(), s)
	}
	if n := r.dev.TxBurst(0, []*netbuf.Buf{nil}); n != 0 {
		r.Error("a failed device takes packets")
	}
	if err := r.dev.Restart(); err != nil {
		r.Fatal(err)
	}
	if n := r.pool.Available(); n != r.pool.Count() {
		r.Errorf("%d of %d transmit buffers back", n, r.pool.Count())
	}
	for i := range 32 {
		if !r.fake.Deliver(frame(60)) {
			r.Fatalf("%d receive buffers lost", 32-i)
		}
	}
	r.fake.Flush()
	var in [8]*netbuf.Buf
	if n := r.dev.RxBurst(0, in[:]); n != 8 || !bytes.Equal(flat(in[7]), frame(60)[12:]) {
		r.Errorf("%d packets after restart", n)
	}
	if r.dev.TxBurst(0, []*netbuf.Buf{r.packet(61)}) != 1 || r.fake.Sent(9, func([]byte) {}) != 1 {
		r.Error("nothing sent after restart")
	}
}

// Packet headers that make no sense cost the packet, not the device.
func TestReceiveBadHeader(t *testing.T) {
	for layout, features := range rings {
		for name, head := range map[string][]byte{
			"checksum outside":   {1, 0, 0, 0, 0, 0, 50, 0, 9, 0},
			"checksum overflow":  {1, 0, 0, 0, 0, 0, 255, 255, 255, 255},
			"unknown gso":        {1, 3, 0, 0, 1, 1, 34, 0, 16, 0},
			"gso of size 0":      {1, 1, 0, 0, 0, 0, 34, 0, 16, 0},
			"gso not negotiated": {1, 4, 0, 0, 1, 1, 34, 0, 16, 0},
		} {
			r := start(t, features&^guestTSO6, config{})
			f := frame(60)
			copy(f, head)
			r.fake.Deliver(f)
			r.fake.Deliver(frame(61))
			r.fake.Flush()
			var in [4]*netbuf.Buf
			if n := r.dev.RxBurst(0, in[:]); n != 1 || in[0].PacketLen() != 61 || r.dev.Stats().RxErrors != 1 {
				t.Errorf("%s, %s: %d packets, %+v", layout, name, n, r.dev.Stats())
			}
		}
	}
}

// Answers shorter than a header, or than a frame, are dropped.
func TestReceiveShort(t *testing.T) {
	for layout, features := range rings {
		r := start(t, features, config{RxSize: 32, RxBuffers: 32})
		q := r.fake.Queue(0)
		for n := range 12 + 14 {
			c := take(q)
			c.In[0][10] = 1
			q.Push(c.Head, n)
		}
		q.Publish()
		var in [32]*netbuf.Buf
		if n := r.dev.RxBurst(0, in[:]); n != 0 || r.dev.Stats().RxErrors != 26 || r.dev.State() != netdev.Running {
			t.Errorf("%s: %d packets, %v, %+v", layout, n, r.dev.State(), r.dev.Stats())
		}
		if n := available(q); n != 32 {
			t.Errorf("%s: %d of 32 buffers posted again", layout, n)
		}
	}
}

// available counts what the device can pop by popping it.
func available(q *virtiotest.Queue) (n int) {
	var c virtiotest.Chain
	for q.Pop(&c) {
		n++
	}
	return n
}
