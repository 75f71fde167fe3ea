package lan9514

import (
	"encoding/binary"
	"hash/crc32"
)

// The receive status word before each frame (5.4.1).
const (
	filterFailed = 1 << 30
	isBroadcast  = 1 << 13
	isMulticast  = 1 << 10
	isLong       = 1 << 7
	isEthernet   = 1 << 5 // a type and not a length after the addresses
	statusBytes  = 4
	checkBytes   = 4
	header       = 14
	maxFrame     = 1514
)

// fifoBytes is the receive FIFO's size.
const fifoBytes = 20 << 10

// fifo holds received frames as the host shall see them, the next at a multiple of
// four bytes.
type fifo struct {
	mem        [fifoBytes]byte
	start, end int
	frames     int
}

func (f *fifo) bytes() int { return f.end - f.start }

// fits reports whether there is room for n bytes more.
func (f *fifo) fits(n int) bool { return f.bytes()+n+3 <= fifoBytes }

// push adds n bytes, for which there is room, and returns them.
func (f *fifo) push(n int) []byte {
	if (f.end+3)&^3+n > fifoBytes {
		f.end = copy(f.mem[:], f.mem[f.start:f.end])
		f.start = 0
	}
	f.end = (f.end + 3) &^ 3
	if f.frames == 0 {
		f.start = f.end
	}
	f.frames++
	f.end += n
	return f.mem[f.end-n : f.end]
}

// first is the oldest frame.
func (f *fifo) first(offset int) []byte {
	n := statusBytes + offset + int(binary.LittleEndian.Uint32(f.mem[f.start:])>>16&0x3fff)
	return f.mem[f.start : f.start+n]
}

// pop drops the oldest frame, of n bytes.
func (f *fifo) pop(n int) {
	f.frames--
	if f.start += (n + 3) &^ 3; f.frames == 0 {
		f.start, f.end = 0, 0
	}
}

// emptyRx is what a flush of the FIFO does.
func (c *Chip) emptyRx() {
	c.rx.start, c.rx.end, c.rx.frames = 0, 0, 0
	c.burst, c.zlp = nil, false
	if c.room != nil {
		c.room.Broadcast()
	}
}

// Receive takes a frame, without check sequence, from the wire. It returns false when
// the FIFO has no room for it, and the frame is lost.
func (c *Chip) Receive(frame []byte) bool {
	c.mu.Lock()
	if !c.cable || !c.accepts(frame) {
		c.stats.RxFiltered++
	} else if !c.rx.fits(c.framed(frame)) {
		c.stats.RxDropped++
		c.mu.Unlock()
		return false
	} else {
		c.enqueue(frame)
	}
	c.settle()
	return true
}

// Deliver is Receive that waits for room, as behind a switch that obeys PAUSE.
func (c *Chip) Deliver(frame []byte) {
	c.mu.Lock()
	for c.cable && !c.closed && c.accepts(frame) && !c.rx.fits(c.framed(frame)) {
		c.room.Wait()
	}
	c.mu.Unlock()
	c.Receive(frame)
}

// framed is how many bytes a frame takes in the FIFO.
func (c *Chip) framed(frame []byte) int {
	n := statusBytes + c.offset() + max(len(frame), shortest) + checkBytes
	if c.reg(coeCr)&rxChecksum != 0 {
		n += 2
	}
	return n
}

// offset is the bytes between status word and frame (RXDOFF).
func (c *Chip) offset() int { return int(c.reg(hwCfg) >> 9 & 3) }

// enqueue puts a frame in the FIFO: status word, offset, the frame with its check
// sequence, and the checksum of all behind the Ethernet header if that is asked for.
func (c *Chip) enqueue(frame []byte) {
	n := c.framed(frame)
	b := c.rx.push(n)
	clear(b)
	offset := c.offset()
	binary.LittleEndian.PutUint32(b, c.status(frame)|uint32(n-statusBytes-offset)<<16)
	f := b[statusBytes+offset:]
	whole := f[:max(len(frame), shortest)]
	copy(whole, frame)
	f = f[len(whole):]
	binary.LittleEndian.PutUint32(f, crc32.ChecksumIEEE(whole))
	if f = f[checkBytes:]; len(f) > 0 {
		binary.BigEndian.PutUint16(f, sum(whole[header:]))
	}
	c.stats.RxFrames++
}

// status is the status word of a frame, but for its length.
func (c *Chip) status(f []byte) (v uint32) {
	switch {
	case [6]byte(f) == broadcast:
		v |= isBroadcast
	case f[0]&1 != 0:
		v |= isMulticast
	}
	if binary.BigEndian.Uint16(f[12:]) >= 0x600 {
		v |= isEthernet
	}
	if len(f) > maxFrame {
		v |= isLong
	}
	if c.reg(macCr)&promisc == 0 && !c.matches(f) {
		v |= filterFailed
	}
	return v
}

var broadcast = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// accepts reports whether a frame passes the filters.
func (c *Chip) accepts(f []byte) bool {
	cr := c.reg(macCr)
	return len(f) >= header && cr&rxEnable != 0 && (cr&(promisc|rxAll) != 0 || c.matches(f))
}

// matches is the filter by address (5.5.1).
func (c *Chip) matches(f []byte) bool {
	cr := c.reg(macCr)
	switch to := [6]byte(f); {
	case to == broadcast:
		return cr&noBcast == 0
	case to[0]&1 != 0:
		return cr&allMulti != 0 || cr&hashMulti != 0 && c.hashed(to)
	case cr&hashOnly != 0:
		return c.hashed(to)
	default:
		return binary.LittleEndian.Uint32(to[:]) == c.reg(addrL) && binary.LittleEndian.Uint16(to[4:]) == uint16(c.reg(addrH))
	}
}

// hashed looks an address up in the hash table: by the upper six bits of its CRC-32,
// not inverted, the first bit of the frame the most significant (5.5.1.2).
func (c *Chip) hashed(to [6]byte) bool {
	crc := ^uint32(0)
	for _, b := range to {
		for i := range 8 {
			top := crc>>31 ^ uint32(b)>>i&1
			crc <<= 1
			if top != 0 {
				crc ^= 0x04c1_1db7
			}
		}
	}
	table := hashL
	if crc>>31 != 0 {
		table = hashH
	}
	return c.reg(table)>>(crc>>26&31)&1 != 0
}

// answer is the next piece of a burst, of up to n bytes, and whether there is one.
// An empty FIFO answers with an empty packet, or not at all (HW_CFG.BIR).
func (c *Chip) answer(n int) ([]byte, bool) {
	if len(c.burst) == 0 && !c.zlp {
		if c.rx.frames == 0 {
			return nil, c.reg(hwCfg)&nakEmpty == 0 && c.reg(macCr)&rxEnable != 0
		}
		c.gather()
	}
	n = min(n, len(c.burst))
	b := c.burst[:n]
	c.burst = c.burst[n:]
	c.zlp = c.zlp && n > 0
	return b, true
}

// gather makes a burst of the frames in the FIFO: one, or as many as BURST_CAP
// packets hold, or all that a transfer may have.
func (c *Chip) gather() {
	hw, limit := c.reg(hwCfg), 0
	if hw&manyEach != 0 {
		limit = len(c.store)
		if hw&capOn != 0 {
			limit = int(c.reg(burstCap)&0xff) * c.packet
		}
	}
	n := 0
	for c.rx.frames > 0 {
		f := c.rx.first(c.offset())
		at := (n + 3) &^ 3
		if n > 0 && at+len(f) > limit {
			break
		}
		clear(c.store[n:at])
		n = at + copy(c.store[at:], f)
		c.rx.pop(len(f))
	}
	c.stats.RxBursts++
	c.burst = c.store[:n]
	if c.corrupt != nil {
		c.burst = c.corrupt(c.burst)
	}
	c.zlp = len(c.burst)%c.packet == 0
	c.room.Broadcast()
}
