package ninep_test

import (
	"encoding/binary"
	"testing"

	driver "yolk/drivers/virtio/ninep"
	"yolk/drivers/virtio/virtiotest"
	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ninep/ninetest"
)

// TestCost counts doorbells, each of which is a message here, and what is allocated.
func TestCost(t *testing.T) {
	s := &ninetest.Server{Root: t.TempDir()}
	bells, lean := 0, false
	v := device(s, version1, 128, func(q *virtiotest.Queue, c *virtiotest.Chain) bool {
		if lean {
			answer(q, c)
		}
		return lean
	})
	served := v.OnNotify
	v.OnNotify = func(queue int) { bells++; served(queue) }
	d, err := driver.New(v, v.Mem, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, root, e := ninep.Start(d, driver.MaxData+24, "")
	if e != 0 {
		t.Fatal(e)
	}
	lean = true
	p := make([]byte, 1<<20)
	for _, op := range []struct {
		name string
		do   func() bool
	}{
		{"write of 1 MiB", func() bool { n, e := c.Write(root, p, 0); return n == len(p) && e == 0 }},
		{"read of 1 MiB", func() bool { n, e := c.Read(root, p, 0); return n == len(p) && e == 0 }},
		{"read of 4 KiB", func() bool { n, e := c.Read(root, p[:4096], 0); return n == 4096 && e == 0 }},
		{"fsync", func() bool { return c.Fsync(root, false) == 0 }},
	} {
		begun := bells
		do := func() {
			if !op.do() {
				t.Errorf("%s: failed", op.name)
			}
		}
		do()
		if n := bells - begun; n != 1 {
			t.Errorf("%s: %d doorbells", op.name, n)
		}
		// The goroutine that looks once a second whether all is well may allocate beside it.
		if n := min(testing.AllocsPerRun(5, do), testing.AllocsPerRun(5, do)); n != 0 {
			t.Errorf("%s: %v allocations", op.name, n)
		}
	}
}

// answer says that all went well, and allocates nothing: what is read is what was there.
func answer(q *virtiotest.Queue, c *virtiotest.Chain) {
	request, reply := c.Out[0], c.In[0]
	typ, n, data := request[4], 7, 0
	switch typ {
	case 116, 118: // Tread and Twrite: the count is behind fid and offset, the answer's the first
		copy(reply[7:11], request[19:23])
		n = 11
		if typ == 116 {
			data = int(binary.LittleEndian.Uint32(request[19:]))
		}
	}
	binary.LittleEndian.PutUint32(reply, uint32(n+data))
	reply[4] = typ + 1
	copy(reply[5:7], request[5:7])
	q.Push(c.Head, n+data)
	q.Publish()
}

// TestRoom: sixteen requests with much data share what slots may have; each moves some, and one
// by itself moves all.
func TestRoom(t *testing.T) {
	v := device(nil, version1, 128, nil)
	v.Mem = virtiotest.NewMemory(32 << 20)
	d, err := driver.New(v, v.Mem, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var all []*ninep.Slot
		sum := 0
		for range 16 {
			s, err := d.Acquire(driver.MaxData)
			if err != nil || len(s.Data) < 4096 {
				t.Fatal(len(s.Data), err)
			}
			all, sum = append(all, s), sum+len(s.Data)
		}
		if len(all[0].Data) != driver.MaxData || sum > 9<<20 {
			t.Errorf("the first has %d bytes, all %d", len(all[0].Data), sum)
		}
		for i := range all {
			d.Release(all[15-i])
		}
	}
}
