package rng_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"yolk/drivers/virtio/rng"
	"yolk/drivers/virtio/virtiotest"
)

// FuzzRead lets the device answer requests with any id and length. What Read returns
// is what the device wrote, all of it or up to an error, which stays; and a device
// that has broken a rule is not asked again.
//
// An input is a series of answers: an id, the length that the device claims. After
// them it behaves.
func FuzzRead(f *testing.F) {
	answer := func(id, written uint32) []byte {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, id), written)
	}
	f.Add(answer(0, 16), uint16(100))
	f.Add(append(answer(0, 1), answer(0, 0)...), uint16(300))
	f.Add(answer(1, 16), uint16(600))
	f.Add(answer(0, 1<<31), uint16(1))
	f.Fuzz(func(t *testing.T, program []byte, size uint16) {
		asked := 0
		var said []byte // all that the device wrote and answered for
		next := byte(0)
		d, mem := source(1<<20, func(q *virtiotest.Queue, c *virtiotest.Chain) bool {
			asked++
			for i := range c.In[0] {
				next++
				c.In[0][i] = next
			}
			id, n := uint32(c.Head), uint32(c.Room())
			if len(program) >= 8 {
				id, n = binary.LittleEndian.Uint32(program), binary.LittleEndian.Uint32(program[4:])
				program = program[8:]
			}
			if id == uint32(c.Head) && n <= uint32(c.Room()) {
				said = append(said, c.In[0][:n]...)
			}
			q.PushRaw(id, n)
			q.Publish()
			return true
		})
		r, err := rng.New(d, mem)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, size%2048)
		n, err := r.Read(got)
		if !bytes.Equal(got[:n], said) || !bytes.Equal(got[n:], make([]byte, len(got)-n)) || (err == nil) != (n == len(got)) {
			t.Fatalf("%d of %d bytes, %v; the device gave %d", n, len(got), err, len(said))
		}
		if err == nil {
			return
		}
		before := asked
		if n, again := r.Read(got); n != 0 || again != err || asked != before {
			t.Errorf("after %v: %d bytes, %v, asked %d times more", err, n, again, asked-before)
		}
	})
}
