package vnethdr

import (
	"bytes"
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

const all = netdev.Offloads

func TestEncode(t *testing.T) {
	partial := netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 34, CsumOffset: 16}
	gso := partial
	gso.GSO, gso.GSOSize, gso.HeaderLen = netbuf.GSOTCP4, 1448, 66
	gso6 := gso
	gso6.GSO = netbuf.GSOTCP6
	noSize, long, noSum, odd := gso, gso, gso, gso
	noSize.GSOSize, long.HeaderLen, noSum.Checksum, odd.GSO = 0, 101, netbuf.ChecksumUnknown, 9
	for name, c := range map[string]struct {
		o    netbuf.Offload
		have netdev.Features
		want []byte // nil: refused
	}{
		"plain":                {netbuf.Offload{}, 0, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		"partial":              {partial, all, []byte{1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0}},
		"tcp4":                 {gso, all, []byte{1, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0}},
		"tcp6":                 {gso6, all, []byte{1, 4, 66, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0}},
		"partial, not agreed":  {partial, all &^ netdev.TxChecksum, nil},
		"tcp4, not agreed":     {gso, all &^ netdev.TxTSO4, nil},
		"tcp6, not agreed":     {gso6, all &^ netdev.TxTSO6, nil},
		"no size":              {noSize, all, nil},
		"headers outside":      {long, all, nil},
		"gso without checksum": {noSum, all, nil},
		"unknown gso":          {odd, all, nil},
	} {
		h := bytes.Repeat([]byte{0xee}, 12)
		if ok := Encode(h, &c.o, 100, c.have); ok != (c.want != nil) || ok && !bytes.Equal(h, c.want) {
			t.Errorf("%s: %v, % x", name, ok, h)
		}
	}
	if Encode(make([]byte, 10), &partial, 51, all) || !Encode(make([]byte, 10), &partial, 52, all) {
		t.Error("bound of the checksum field")
	}
}

// What is read of any header, for a packet of any length, is inside the packet
// and among the features; what was encoded is read back.
func FuzzOffload(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, uint16(60), uint32(all))
	f.Add([]byte{1, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0}, uint16(1514), uint32(all))
	f.Add([]byte{2, 0x84, 255, 255, 255, 255, 255, 255, 255, 255}, uint16(80), uint32(all))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 34, 0, 16, 0}, uint16(20), uint32(netdev.RxChecksum))
	f.Fuzz(func(t *testing.T, h []byte, size uint16, features uint32) {
		if len(h) < Size {
			return
		}
		have, length := netdev.Features(features)&all, int(size)
		var o netbuf.Offload
		head := Read(h)
		if !head.Offload(&o, length, have) {
			return
		}
		if o.Checksum == netbuf.ChecksumPartial && !o.Covers(length) || o.Checksum != netbuf.ChecksumUnknown && have&netdev.RxChecksum == 0 {
			t.Errorf("%+v of %d bytes, %#x", o, length, have)
		}
		if o.GSO != netbuf.GSONone && (o.GSOSize == 0 || int(o.HeaderLen) > length || have&(netdev.RxTSO4|netdev.RxTSO6) == 0) {
			t.Errorf("%+v of %d bytes, %#x", o, length, have)
		}
		if o.Checksum == netbuf.ChecksumPartial && Encode(make([]byte, Size), &o, length, all) == false {
			t.Errorf("%+v of %d bytes cannot be sent on", o, length)
		}
	})
}
