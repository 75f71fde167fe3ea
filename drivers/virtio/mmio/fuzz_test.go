package mmio_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/console"
	"yolk/drivers/virtio/mmio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/rng"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// registers answer each read with the next bytes of an input, the same register
// twice differently, and zero after them; written ones are forgotten. A few of them
// may be held so that bring-up gets further than the identification.
type registers struct {
	t     *testing.T
	size  uint32
	said  []byte
	fixed map[uint32]uint32
	reads int
}

func (r *registers) Len() uint32 { return r.size }

// access checks one against the window and the rules (VIRTIO 1.2, 4.2.2.2).
func (r *registers) access(off, width uint32) {
	if off%width != 0 || off+width > r.size || width != 4 && off < 0x100 {
		panic(fmt.Sprintf("access of %d bytes at %#x in a window of %#x", width, off, r.size))
	}
}

func (r *registers) read(off, width uint32) uint32 {
	r.access(off, width)
	// What waits for a register gives up by time; this device is at its end before.
	if r.reads++; len(r.said) < int(width) {
		r.said = nil
	}
	if v, ok := r.fixed[off]; ok || r.said == nil {
		return v
	}
	var word [4]byte
	copy(word[:], r.said[:width])
	r.said = r.said[width:]
	return binary.LittleEndian.Uint32(word[:])
}

func (r *registers) Read8(off uint32) uint8   { return uint8(r.read(off, 1)) }
func (r *registers) Read16(off uint32) uint16 { return uint16(r.read(off, 2)) }
func (r *registers) Read32(off uint32) uint32 { return r.read(off, 4) }

func (r *registers) Write8(off uint32, _ uint8)   { r.access(off, 1) }
func (r *registers) Write16(off uint32, _ uint16) { r.access(off, 2) }
func (r *registers) Write32(off uint32, _ uint32) { r.access(off, 4) }

// FuzzRegisters brings up each driver over registers that say anything: an id that
// changes, a status that comes and goes, features, queue sizes that differ from one
// look to the next, a configuration of any length under any generation. Bring-up
// ends in an error or in a device that takes calls; nothing outside the window is
// read, reads are few, and whoever fails has given its memory back.
//
// held says by bit which registers are as they should be.
func FuzzRegisters(f *testing.F) {
	word := func(words ...uint32) (b []byte) {
		for _, w := range words {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		return b
	}
	for kind := range uint8(3) {
		f.Add(kind, uint8(0xff), uint32(0x200), word(0, 1<<30|0x20, 1, 256, 256, 256, 256))
		f.Add(kind, uint8(0x7f), uint32(0x10c), word(0, 0, 0xffffffff, 11, 1<<20, 1, 3, 7))
		f.Add(kind, uint8(0x0f), uint32(0x100), word(0, 0xffffffff, 0xffffffff, 0xff, 0, 0, 0xff, 4, 2, 0, 2, 0))
		f.Add(kind, uint8(0), uint32(0x200), word(0x74726976, 1, 1, 0, 0xffffffff, 5, 3, 3))
		f.Add(kind, uint8(0x3b), uint32(0x200), word(1, 0, 0, 0x10000, 0x10000, 0, 0x10000))
	}
	f.Fuzz(func(t *testing.T, kind, held uint8, size uint32, said []byte) {
		id := []virtio.DeviceID{virtio.IDNet, virtio.IDRng, virtio.IDConsole}[kind%3]
		r := &registers{t: t, size: size % 0x300, said: said, fixed: map[uint32]uint32{}}
		for bit, v := range [][2]uint32{{0x000, 0x74726976}, {0x004, 2}, {0x008, uint32(id)}, {0x070, 0}, {0x044, 0}, {0x034, 256}, {0x0fc, 0}} {
			if held&(1<<bit) != 0 {
				r.fixed[v[0]] = v[1]
			}
		}
		limit := 4096 + 4*len(said)
		tr, err := mmio.New(r)
		if err != nil {
			return
		}
		mem := virtiotest.NewMemory(4 << 20)
		tr.Acknowledge()
		switch id {
		case virtio.IDNet:
			err = bringUpNet(t, tr, mem)
		case virtio.IDRng:
			_, err = rng.New(tr, mem)
		case virtio.IDConsole:
			_, err = console.New(tr, mem, nil)
		}
		if err != nil && mem.Live() != 0 {
			t.Errorf("%d bytes lost after %v", mem.Live(), err)
		}
		if r.reads > limit {
			t.Errorf("%d reads", r.reads)
		}
	})
}

// bringUpNet opens the network driver, calls it, and closes it.
func bringUpNet(t *testing.T, tr virtio.Transport, mem *virtiotest.Memory) error {
	drv, err := virtionet.New(tr, mem)
	if err != nil {
		return err
	}
	drv.WaitWith(virtiotest.Nobody{})
	dev := netdev.New(drv)
	if err := dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		return err
	}
	var bufs [4]*netbuf.Buf
	dev.RxBurst(0, bufs[:])
	dev.TxBurst(0, nil)
	dev.Link()
	if info := dev.Info(); info.MTU < info.MinMTU || info.MTU > info.MaxMTU || info.MaxRxQueues < 1 {
		t.Errorf("%+v", info)
	}
	if err := dev.Close(); err != nil {
		t.Error(err) // by now the registers read as zero, or the status is held
	} else if mem.Live() != 0 {
		t.Errorf("%d bytes lost by Close", mem.Live())
	}
	return nil
}
