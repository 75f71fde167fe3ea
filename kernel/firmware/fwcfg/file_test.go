package fwcfg

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// dma is a device with files that are read and written by DMA.
type dma struct {
	device
	features byte
	memory   Buffer
	files    map[uint16][]byte // by item
	fail     uint32            // what control becomes in the end
	high     uint32
}

func (d *dma) ports() Ports {
	p := d.device.ports()
	plain := p.Out16
	p.Out16 = func(port, v uint16) {
		if v == itemFeatures {
			d.reading = []byte{1 | d.features, 0, 0, 0}
			return
		}
		plain(port, v)
	}
	p.Out32 = func(port uint16, v uint32) {
		v = swap(v)
		if port == portDMA {
			d.high = v
			return
		}
		if at := uint64(d.high)<<32 | uint64(v); port != portDMA+4 || at != d.memory.Phys {
			panic("wrong port or address")
		}
		d.run(d.memory.Bytes)
	}
	return p
}

func (d *dma) run(b []byte) {
	control, length := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	at := binary.BigEndian.Uint64(b[8:]) - d.memory.Phys
	file := d.files[uint16(control>>16)]
	switch control & 0xffff {
	case 8 | 2:
		clear(b[at:][:length])
		copy(b[at:][:length], file)
	case 8 | 16:
		copy(file, b[at:][:length])
	default:
		panic("wrong control")
	}
	binary.BigEndian.PutUint32(b, d.fail)
}

// directory lists files under the names given, as items from 0x20 on.
func directory(names ...string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(names)))
	for i, name := range names {
		entry := make([]byte, 64)
		binary.BigEndian.PutUint32(entry, 8)
		binary.BigEndian.PutUint16(entry[4:], uint16(0x20+i))
		copy(entry[8:], name)
		b = append(b, entry...)
	}
	return b
}

func TestWriteFile(t *testing.T) {
	many := make([]string, 70) // more than one reading has room for
	many[69] = "etc/x"
	lying := directory("etc/y")
	lying[0] = 0xff
	for _, c := range []struct {
		name      string
		signature string
		features  byte
		dir       []byte
		fail      uint32
		want      string // the file after that
	}{
		{"there", "QEMU", 2, directory("etc", "etc/x"), 0, "12345678"},
		{"its name goes on", "QEMU", 2, directory("etc/xx", "etc/x1"), 0, ""},
		{"no such file", "QEMU", 2, directory(), 0, ""},
		{"too far down", "QEMU", 2, directory(many...), 0, ""},
		{"more files than there is room", "QEMU", 2, lying, 0, ""},
		{"no DMA", "QEMU", 0, directory("etc", "etc/x"), 0, ""},
		{"no device", "", 2, directory("etc", "etc/x"), 0, ""},
		{"refused", "QEMU", 2, directory("etc", "etc/x"), controlError, ""},
		{"never done", "QEMU", 2, directory("etc", "etc/x"), controlRead, ""},
	} {
		file := make([]byte, 8)
		d := dma{device: device{signature: c.signature}, features: c.features, fail: c.fail,
			memory: Buffer{0x1_2345_6000, make([]byte, BufferSize)},
			files:  map[uint16][]byte{itemDirectory: c.dir, 0x21: file}}
		ok := WriteFile(d.ports(), d.memory, "etc/x", []byte("12345678"))
		if ok != (c.want != "") || ok && string(file) != c.want || !ok && c.fail == 0 && !bytes.Equal(file, make([]byte, 8)) {
			t.Errorf("%s: %v, %q", c.name, ok, file)
		}
	}
}

// FuzzFind: no directory leads out of it, and what is found is there.
func FuzzFind(f *testing.F) {
	f.Add(directory("etc", "etc/x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := make([]byte, BufferSize-accessSize)
		copy(dir, text)
		if _, ok := find(dir, "etc/x"); ok && !bytes.Contains(dir, []byte("etc/x\x00")) {
			t.Error("found, and not there")
		}
	})
}
