package virtio_test

import (
	"encoding/binary"
	"testing"
)

// FuzzUsedRing lets the device write anything in its part of the ring, at any
// time, while the driver posts and pops. The program is a series of five-byte
// steps: what to do, and a number. However the device behaves, the queue must
// never panic, never give back an id that is not out, never report more bytes
// than were posted, and never lose a descriptor that it has not handed out.
func FuzzUsedRing(f *testing.F) {
	step := func(what byte, n uint32) []byte { return binary.LittleEndian.AppendUint32([]byte{what}, n) }
	honest := append(append(step(0, 64), step(1, 0)...), append(step(2, 64), append(step(3, 0), step(4, 0)...)...)...)
	f.Add(honest, true)
	f.Add(append(step(0, 64), append(step(1, 0), append(step(5, 3), step(4, 0)...)...)...), false)
	f.Add(append(step(0, 64), append(step(1, 0), append(step(6, 9), append(step(3, 0), step(4, 0)...)...)...)...), true)
	f.Fuzz(func(t *testing.T, program []byte, eventIdx bool) {
		q, d, addr := pair(t, 8, eventIdx)
		posted := map[uint16]uint32{}
		for ; len(program) >= 5; program = program[5:] {
			n := binary.LittleEndian.Uint32(program[1:])
			switch program[0] % 8 {
			case 0:
				size := n%256 + 1
				if id, ok := q.AddOne(addr, size, true); ok {
					if _, out := posted[id]; out {
						t.Fatalf("id %d handed out twice", id)
					}
					posted[id] = size
				}
			case 1:
				q.Publish()
			case 2:
				d.PushRaw(n%8, n>>8)
			case 3:
				d.Publish()
			case 4:
				id, written, ok := q.Pop()
				if !ok {
					break
				}
				size, out := posted[id]
				if !out || written > size {
					t.Fatalf("popped id %d, %d bytes; posted %v", id, written, posted)
				}
				delete(posted, id)
			case 5:
				d.PublishIndex(uint16(n))
			case 6:
				d.PushRaw(n, n)
			case 7:
				if n&1 == 0 {
					q.EnableInterrupt()
				} else {
					q.DisableInterrupt()
				}
			}
			if q.InFlight() != len(posted) || q.Free()+len(posted) != q.Size() {
				t.Fatalf("%d in flight, %d free, %d posted", q.InFlight(), q.Free(), len(posted))
			}
		}
		q.Abandon(func(id uint16) { delete(posted, id) })
		if len(posted) != 0 {
			t.Fatalf("%v not given back", posted)
		}
	})
}
