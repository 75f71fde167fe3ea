package lan9514

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// bench is a chip that a test drives as a driver would.
type bench struct {
	*testing.T
	*Chip
	wire [][]byte
}

func newBench(t *testing.T, cfg Config) *bench {
	b := &bench{T: t}
	cfg.Wire = func(f []byte) { b.wire = append(b.wire, bytes.Clone(f)) }
	b.Chip = New(cfg)
	b.control(0, setConfiguration, 1, 0, nil)
	b.put(txCfg, txOn)
	b.put(macCr, rxEnable|txEnable)
	b.put(addrL, 0x04030202)
	b.put(addrH, 0x0605)
	return b
}

var own = [6]byte{2, 2, 3, 4, 5, 6}

func (b *bench) control(length int, request uint16, value, index uint16, out []byte) []byte {
	b.Helper()
	in, s := b.Control(setup(request, value, index, max(length, len(out))), out)
	if s != OK {
		b.Fatalf("request %04x %04x %04x: %v", request, value, index, s)
	}
	return in
}

func setup(request, value, index uint16, length int) (s Setup) {
	binary.BigEndian.PutUint16(s[:], request)
	binary.LittleEndian.PutUint16(s[2:], value)
	binary.LittleEndian.PutUint16(s[4:], index)
	binary.LittleEndian.PutUint16(s[6:], uint16(length))
	return s
}

func (b *bench) put(r register, v uint32) {
	b.Helper()
	b.control(0, writeRegister, 0, uint16(r), binary.LittleEndian.AppendUint32(nil, v))
}

func (b *bench) get(r register) uint32 {
	b.Helper()
	return binary.LittleEndian.Uint32(b.control(4, readRegister, 0, uint16(r), nil))
}

// phyGet and phyPut go through MII_ADDR and MII_DATA.
func (b *bench) phyGet(number int) uint16 {
	b.put(miiAddr, phyAddress<<11|uint32(number)<<6|miiBusy)
	return uint16(b.get(miiData))
}

func (b *bench) phyPut(number int, v uint16) {
	b.put(miiData, uint32(v))
	b.put(miiAddr, phyAddress<<11|uint32(number)<<6|miiWrite|miiBusy)
}

// in is a transfer that must end at once.
func (b *bench) in(endpoint byte, n int) (data []byte, s Status) {
	b.Helper()
	s = Lost
	b.In(endpoint, n, func(d []byte, st Status) { data, s = bytes.Clone(d), st })
	if s == Lost {
		b.Fatal("no answer")
	}
	return data, s
}

// frame is a frame of n bytes to an address.
func frame(to [6]byte, n int) []byte {
	f := append(append(to[:], "\x02from!\x08\x00"...), make([]byte, n-header)...)
	for i := header; i < n; i++ {
		f[i] = byte(i)
	}
	return f
}

func TestBurst(t *testing.T) {
	b := newBench(t, Config{})
	b.put(hwCfg, manyEach|capOn|nakEmpty)
	b.put(burstCap, 3)
	b.put(coeCr, rxChecksum)
	sizes := []int{60, 61, 1514, 20, 200}
	for _, n := range sizes {
		if !b.Receive(frame(own, n)) {
			t.Fatal("no room")
		}
	}
	var got []int
	for len(got) < len(sizes) {
		data, _ := b.in(BulkIn, 16<<10)
		if len(data) > 3*512 {
			t.Fatalf("a burst of %d bytes", len(data))
		}
		for len(data) > 0 {
			status := binary.LittleEndian.Uint32(data)
			n := int(status >> 16)
			f := data[4 : 4+n-6]
			if status&0xffff != isEthernet || crc32.ChecksumIEEE(f) != binary.LittleEndian.Uint32(data[4+n-6:]) || binary.BigEndian.Uint16(data[4+n-2:]) != sum(f[14:]) {
				t.Errorf("frame of %d bytes: status %#x", len(f), status)
			}
			want := sizes[len(got)]
			if !bytes.Equal(f[:want], frame(own, want)) || len(f) != max(want, 60) {
				t.Errorf("% x", f)
			}
			got = append(got, want)
			data = data[min(len(data), (4+n+3)&^3):]
		}
	}
	if b.Stats().RxBursts < 2 {
		t.Error("the cap has no effect")
	}
	var late []byte
	b.In(BulkIn, 2048, func(d []byte, s Status) { late = bytes.Clone(d) })
	b.Receive(frame(own, 60))
	if len(late) != 4+60+6 {
		t.Errorf("%d bytes after a wait", len(late))
	}
	b.put(hwCfg, manyEach)
	if data, s := b.in(BulkIn, 2048); len(data) != 0 || s != OK {
		t.Error("an empty FIFO")
	}
}

// A burst that fills its last packet is followed by an empty one, unless the host
// asked for more than there is.
func TestBurstEndsWithFullPacket(t *testing.T) {
	b := newBench(t, Config{})
	b.put(hwCfg, nakEmpty)
	b.Receive(frame(own, 512-8))
	if d, _ := b.in(BulkIn, 512); len(d) != 512 {
		t.Fatal(len(d))
	}
	b.Receive(frame(own, 60))
	if d, _ := b.in(BulkIn, 512); len(d) != 0 {
		t.Fatal(len(d))
	}
	if d, _ := b.in(BulkIn, 512); len(d) != 68 {
		t.Fatal(len(d))
	}
}

func TestFilter(t *testing.T) {
	group := [6]byte{1, 0, 0x5e, 0, 0, 1}
	other := [6]byte{2, 9, 9, 9, 9, 9}
	b := newBench(t, Config{})
	b.put(hwCfg, nakEmpty)
	for _, c := range []struct {
		cr                        uint32
		own, all, group, stranger bool
	}{
		{0, true, true, false, false},
		{noBcast, true, false, false, false},
		{allMulti, true, true, true, false},
		{promisc, true, true, true, true},
		{hashMulti, true, true, true, false},
		{hashOnly, false, true, false, false},
	} {
		b.put(macCr, rxEnable|c.cr)
		b.put(hashH, 0)
		b.put(hashL, 1<<(0x1f&63)) // 01:00:5e:00:00:01 is bit 31 of the lower word, as in Linux
		for to, want := range map[[6]byte]bool{own: c.own, broadcast: c.all, group: c.group, other: c.stranger} {
			before := b.Stats().RxFrames
			b.Receive(frame(to, 60))
			if got := b.Stats().RxFrames > before; got != want {
				t.Errorf("MAC_CR %#x, to % x: %v", c.cr, to, got)
			}
		}
		b.put(rxCfg, flush)
	}
}

// command is a buffer's two words and its bytes, offset bytes apart.
func command(one, two uint32, offset int, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, one|uint32(offset)<<16|uint32(len(data)))
	b = binary.LittleEndian.AppendUint32(b, two)
	b = append(append(b, make([]byte, offset)...), data...)
	return append(b, make([]byte, -len(b)&3)...)
}

func TestTransmit(t *testing.T) {
	b := newBench(t, Config{})
	b.put(coeCr, txChecksum)
	var transfer []byte
	whole := frame(own, 101)
	transfer = append(transfer, command(firstPart|lastPart, 20, 0, frame(own, 20))...)
	transfer = append(transfer, command(firstPart, 101, 2, whole[:33])...)
	transfer = append(transfer, command(lastPart, 101, 3, whole[33:])...)
	summed := append([]byte{34, 0, 50, 0}, whole...)
	transfer = append(transfer, command(firstPart|lastPart, sumIt|105, 0, summed)...)
	if s := b.Out(transfer); s != OK || len(b.wire) != 3 {
		t.Fatal(s, len(b.wire))
	}
	if want := append(frame(own, 20), make([]byte, 40)...); !bytes.Equal(b.wire[0], want) {
		t.Errorf("% x", b.wire[0])
	}
	if !bytes.Equal(b.wire[1], whole) {
		t.Errorf("% x", b.wire[1])
	}
	binary.BigEndian.PutUint16(whole[50:], ^sum(whole[34:]))
	if !bytes.Equal(b.wire[2], whole) {
		t.Errorf("% x", b.wire[2])
	}
	b.Out(command(firstPart|lastPart, 99, 0, frame(own, 60)))
	b.Out(command(firstPart|lastPart, 60, 0, frame(own, 60))[:50])
	if st := b.Stats(); st.TxBad != 2 || st.TxFrames != 3 || b.get(intSts)&transmitErr == 0 {
		t.Errorf("%+v", st)
	}
}

func TestLink(t *testing.T) {
	b := newBench(t, Config{})
	b.put(intEpCtl, phyInt)
	b.phyPut(phyMask, sourceDone|sourceDown)
	b.phyGet(phySource)
	b.put(intSts, ^uint32(0))
	told := 0
	b.In(InterruptIn, 16, func(d []byte, s Status) { told++ })
	if told != 0 {
		t.Fatal("told of nothing")
	}
	b.SetLink(false, 0)
	if told != 1 || b.phyGet(phyStatus)&bmsrLink != 0 || b.phyGet(phySource)&sourceDown == 0 {
		t.Error("down")
	}
	b.put(intSts, ^uint32(0))
	b.SetLink(true, Half10|Half100)
	if d, _ := b.in(InterruptIn, 16); binary.LittleEndian.Uint32(d) != phyInt {
		t.Error("up")
	}
	if v := b.phyGet(phyStatus); v&(bmsrLink|bmsrDone) != bmsrLink|bmsrDone {
		t.Errorf("%#x", v)
	}
	if v := b.phyGet(phyPartner); v&(Half100|Full100) != Half100 || b.phyGet(phySpeed)>>2&7 != 2 {
		t.Errorf("%#x", v)
	}
	b.SetLink(false, 0)
	b.SetLink(true, 0)
	if b.phyGet(phyStatus)&bmsrLink != 0 || b.phyGet(phyStatus)&bmsrLink == 0 {
		t.Error("the link's loss does not latch")
	}
}

func TestResets(t *testing.T) {
	mac := [6]byte{2, 1, 2, 3, 4, 5}
	b := newBench(t, Config{MAC: &mac})
	b.phyPut(phyMask, 0x40)
	b.put(burstCap, 7)
	b.put(hwCfg, liteReset)
	if b.get(burstCap) != 0 || b.get(hwCfg) != 0 || b.phyGet(phyMask) != 0x40 || b.get(addrL) != 0x03020102 {
		t.Error("lite reset")
	}
	b.put(pmCtrl, phyReset)
	if b.get(pmCtrl) != ready || b.phyGet(phyMask) != 0 {
		t.Error("PHY reset")
	}
	b.put(e2pCmd, e2pBusy|1)
	if v := b.get(e2pCmd); v&(e2pBusy|e2pTimeout) != 0 || b.get(e2pData) != 2 {
		t.Errorf("EEPROM: %#x", v)
	}
	none := newBench(t, Config{})
	none.put(e2pCmd, e2pBusy|1)
	if v := none.get(e2pCmd); v&(e2pBusy|e2pTimeout) != e2pTimeout {
		t.Errorf("no EEPROM: %#x", v)
	}
	ended := OK
	b.put(hwCfg, nakEmpty)
	b.put(macCr, rxEnable)
	b.In(BulkIn, 512, func(_ []byte, s Status) { ended = s })
	b.Reset()
	if ended != Cancelled || b.Configuration() != 0 {
		t.Error("reset of the port")
	}
	if _, s := b.in(BulkIn, 512); s != Broken {
		t.Error("a pipe of a chip without configuration answers")
	}
}

func TestFaults(t *testing.T) {
	b := newBench(t, Config{})
	b.Inject(BulkIn, Babble, Stall, Lost)
	if _, s := b.in(BulkIn, 512); s != Babble {
		t.Error(s)
	}
	for range 2 {
		if _, s := b.in(BulkIn, 512); s != Stall {
			t.Error(s)
		}
	}
	b.control(0, clearEndpoint, 0, BulkIn, nil)
	ended := OK
	b.In(BulkIn, 512, func(_ []byte, s Status) { ended = s })
	b.Receive(frame(own, 60))
	if ended != OK {
		t.Error("lost, and yet it ended")
	}
	b.Cancel(BulkIn)
	if ended != Cancelled {
		t.Error(ended)
	}
	b.Corrupt(func(burst []byte) []byte { return burst[:3] })
	if d, _ := b.in(BulkIn, 512); len(d) != 3 {
		t.Errorf("% x", d)
	}
	b.Inject(0, Stall)
	if _, s := b.Control(setup(getDeviceStatus, 0, 0, 2), nil); s != Stall {
		t.Error(s)
	}
	b.control(2, getDeviceStatus, 0, 0, nil)
}

// A full FIFO loses frames, or has the wire wait.
func TestFull(t *testing.T) {
	b := newBench(t, Config{})
	b.put(hwCfg, nakEmpty)
	n := 0
	for b.Receive(frame(own, 1514)) {
		n++
	}
	if n != fifoBytes/1524 || b.Stats().RxDropped != 1 {
		t.Errorf("%d frames, %+v", n, b.Stats())
	}
	done := make(chan struct{})
	go func() {
		b.Deliver(frame(own, 1514))
		close(done)
	}()
	b.in(BulkIn, 2048)
	<-done
	b.Close()
	b.Deliver(frame(own, 1514))
}

// FuzzChip: no order of requests, transfers and frames breaks the chip, and what it
// answers stays within what was asked for.
func FuzzChip(f *testing.F) {
	f.Add([]byte{0, 0xa0, 0x14, 0x22, 10, 0, 3, 1, 40, 2, 1, 200, 4, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		c := New(Config{Wire: func(f []byte) {
			if len(f) > longest {
				t.Fatalf("a frame of %d bytes", len(f))
			}
		}})
		c.Control(setup(setConfiguration, 1, 0, 0), nil)
		check := func(n int) Done {
			return func(d []byte, s Status) {
				if len(d) > n {
					t.Fatalf("%d bytes of %d", len(d), n)
				}
			}
		}
		for len(script) >= 4 {
			op, a, rest := script[0]%7, script[1], script[2:]
			piece := rest[:min(len(rest), int(a))]
			switch op {
			case 0:
				c.Control(setup(writeRegister, 0, uint16(a)<<2, 4), rest[:min(4, len(rest))])
			case 1:
				c.Control(Setup(append(piece, make([]byte, 8)...)), piece)
			case 2:
				c.Out(piece)
			case 3:
				c.In([]byte{BulkIn, InterruptIn}[a&1], int(a)*16, check(int(a)*16))
			case 4:
				c.Receive(append(own[:], piece...))
			case 5:
				c.Cancel(a)
			case 6:
				c.SetLink(a&1 != 0, uint16(rest[0])<<4)
			}
			script = script[2+min(len(rest), int(a&7)):]
		}
	})
}
