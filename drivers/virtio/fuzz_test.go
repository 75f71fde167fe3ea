package virtio_test

import (
	"encoding/binary"
	"testing"

	"yolk/drivers/virtio"
)

// FuzzUsed lets the device write anything in its part of the ring, at any time,
// while the driver posts and takes back. The program is a series of five-byte
// steps: what to do, and a number. However the device behaves, the ring must
// never panic, never give back a token that is not out, never report more bytes
// than were posted, and never lose a buffer that it has not handed out.
func FuzzUsed(f *testing.F) {
	program := func(steps ...uint32) (b []byte) {
		for i := 0; i < len(steps); i += 2 {
			b = binary.LittleEndian.AppendUint32(append(b, byte(steps[i])), steps[i+1])
		}
		return b
	}
	for kind := range len(kinds) + 2 {
		f.Add(program(0, 64, 1, 0, 2, 64<<8, 3, 0, 4, 0), uint8(kind))
		f.Add(program(8, 6, 0, 9, 1, 0, 2, 0, 2, 6, 3, 0, 4, 0, 4, 0), uint8(kind))
		f.Add(program(0, 64, 1, 0, 5, 3, 4, 0), uint8(kind))
		f.Add(program(0, 64, 1, 0, 5, 0x8080<<16|0<<8, 4, 0, 9, 0, 4, 0), uint8(kind))
		f.Add(program(0, 64, 1, 0, 6, 9, 3, 0, 4, 0, 7, 0, 7, 1), uint8(kind))
	}
	f.Fuzz(func(t *testing.T, program []byte, kind uint8) {
		k := append(kinds, modern|indirect|events, modern|packed|indirect)[int(kind)%(len(kinds)+2)]
		r := newRing(t, 8, k)
		posted := map[int]uint32{}
		for ; len(program) >= 5; program = program[5:] {
			step(t, r, k, posted, program[0], binary.LittleEndian.Uint32(program[1:]))
			if r.InFlight() != len(posted) || r.Free()+len(posted) > r.Size() || len(posted) == 0 && r.Free() != r.Size() {
				t.Fatalf("%d in flight, %d free, %d posted", r.InFlight(), r.Free(), len(posted))
			}
		}
		r.Abandon(func(token int) { delete(posted, token) })
		if len(posted) != 0 {
			t.Fatalf("%v not given back", posted)
		}
	})
}

// step does one step of a fuzzing program.
func step(t *testing.T, r *ring, k virtio.Feature, posted map[int]uint32, what byte, n uint32) {
	switch what % 10 {
	case 0:
		if token := r.add(n%256 + 1); token > 0 {
			posted[token] = n%256 + 1
		}
	case 1:
		r.Publish()
	case 2:
		r.dev.PushRaw(n%8, n>>8)
	case 3:
		r.dev.Publish()
	case 4:
		var tokens [3]int
		var lengths [3]uint32
		for i := range r.Used(tokens[:n%3+1], lengths[:]) {
			if size, out := posted[tokens[i]]; !out || lengths[i] > size {
				t.Fatalf("took back %d, %d bytes; posted %v", tokens[i], lengths[i], posted)
			}
			delete(posted, tokens[i])
		}
	case 5:
		if k&packed != 0 {
			r.dev.Poke(int(n%8), uint16(n>>8), uint16(n>>16))
		} else {
			r.dev.PublishIndex(uint16(n))
		}
	case 6:
		r.dev.PushRaw(n, n)
	case 7:
		if n&1 == 0 {
			r.EnableInterrupt()
		} else {
			r.DisableInterrupt()
		}
	case 8:
		segs := []virtio.Segment{}
		for i := range n % 9 {
			segs = append(segs, virtio.Out(r.addr+uint64(i), i+1))
		}
		segs = append(segs, virtio.In(r.addr, 16))
		if r.next++; r.AddChain(segs, r.next) {
			posted[r.next] = 16
		}
	case 9:
		r.dev.Wipe()
	}
}
