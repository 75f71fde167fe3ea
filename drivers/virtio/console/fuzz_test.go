package console_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"yolk/drivers/virtio/console"
	"yolk/drivers/virtio/virtiotest"
)

// FuzzWrite lets the device answer with any ids and lengths, too often, or with an
// index. Whatever it does, what it was given is what was written so far, in order,
// and a device that broke a rule is not written to again.
//
// An input is a series of answers: what to say, an id, a length. After them the device
// behaves.
func FuzzWrite(f *testing.F) {
	say := func(what byte, id, written uint16) []byte {
		return binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte{what}, id), written)
	}
	f.Add(say(0, 0, 0), uint32(10), true)
	f.Add(say(0, 1, 0), uint32(200_000), false)
	f.Add(append(say(0, 0, 0), say(1, 0, 0)...), uint32(200_000), false)
	f.Add(say(0, 0, 9), uint32(1), true)
	f.Add(say(2, 77, 0), uint32(1), false)
	f.Fuzz(func(t *testing.T, program []byte, size uint32, polled bool) {
		h := newHost(t)
		h.answer = func(q *virtiotest.Queue, c *virtiotest.Chain) {
			if len(program) < 5 {
				q.Push(c.Head, 0)
				return
			}
			what, id, n := program[0], binary.LittleEndian.Uint16(program[1:]), binary.LittleEndian.Uint16(program[3:])
			program = program[5:]
			switch what % 3 {
			case 0:
				q.PushRaw(uint32(id), uint32(n))
			case 1:
				q.Push(c.Head, int(n))
				q.PushRaw(uint32(id), uint32(n))
			case 2:
				q.PushRaw(uint32(id)<<16, uint32(n)<<16)
			}
		}
		irq := console.Interrupt(h)
		if polled {
			irq = nil
		}
		d, err := console.New(h, h.mem, irq)
		if err != nil {
			t.Fatal(err)
		}
		p := bytes.Repeat([]byte("0123456789abcde"), int(size%150_000)/15+1)
		n, err := d.Write(p)
		if (err == nil) != (n == len(p)) {
			t.Fatalf("%d of %d bytes, %v", n, len(p), err)
		}
		if err != nil {
			if n, again := d.Write(p); n != 0 || again == nil {
				t.Fatalf("after %v: %d bytes, %v", err, n, again)
			}
		}
		h.end() // before looking at what it has got
		if got := h.got.Bytes(); len(got) < n || !bytes.Equal(got, p[:len(got)]) {
			t.Errorf("%d bytes written, %d arrived, or others", n, len(got))
		}
	})
}
