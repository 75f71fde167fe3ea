package ninep_test

import (
	"encoding/binary"
	"testing"
	"time"

	driver "yolk/drivers/virtio/ninep"
	"yolk/drivers/virtio/virtiotest"
	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ninep/ninetest"
)

func waitSecond() { time.Sleep(1100 * time.Millisecond) }

// FuzzDevice lets the device answer requests with any ids, lengths and bytes: a client
// gets an answer or an error, and what it reads is no longer than it asked for.
func FuzzDevice(f *testing.F) {
	f.Add([]byte{0, 0, 11, 0, 1, 0, 12, 0})
	f.Add([]byte{1, 0, 255, 255})
	f.Fuzz(func(t *testing.T, program []byte) {
		s := &ninetest.Server{Root: "/"}
		started := false
		v := device(s, version1, 16, func(q *virtiotest.Queue, c *virtiotest.Chain) bool {
			if !started || len(program) < 4 {
				return false
			}
			id, n := binary.LittleEndian.Uint16(program), binary.LittleEndian.Uint16(program[2:])
			program = program[4:]
			for _, in := range c.In {
				copy(in, program)
			}
			q.PushRaw(uint32(c.Head)^uint32(id), uint32(n))
			q.Publish()
			return true
		})
		d, err := driver.New(v, v.Mem, nil)
		if err != nil {
			t.Fatal(err)
		}
		client, root, e := ninep.Start(d, 16<<10, "")
		if e != 0 {
			t.Fatal(e)
		}
		started = true
		p := make([]byte, 100)
		for range 3 {
			client.Getattr(root)
			if n, e := client.Write(root, p, 0); n > len(p) || e == 0 && n == 0 {
				t.Error(n, e)
			}
			client.Clunk(12345)
		}
	})
}
