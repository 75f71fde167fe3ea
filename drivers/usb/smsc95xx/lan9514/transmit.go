package lan9514

import "encoding/binary"

// Transmit commands (5.4.2): two words before each buffer of a frame.
const (
	firstPart   = 1 << 13 // command A
	lastPart    = 1 << 12
	sumIt       = 1 << 14 // command B: four bytes before the frame say how
	noPadding   = 1 << 12
	lengthMask  = 1<<11 - 1
	commands    = 8
	preamble    = 4
	longest     = 1600
	shortest    = 60
	transmitErr = 1 << 14 // INT_STS
)

// emptyTx is what a flush of the FIFO does.
func (c *Chip) emptyTx() { c.tx, c.frame = c.tx[:0], c.frame[:0] }

// Out is a bulk OUT transfer: frames, each in one or more buffers behind commands,
// the next at a multiple of four bytes. A transfer of full packets only goes on in
// the next.
func (c *Chip) Out(data []byte) Status {
	c.mu.Lock()
	if s := c.fault(&c.pipes[BulkOut]); s != OK {
		c.mu.Unlock()
		return s
	}
	c.stats.TxTransfers++
	c.tx = append(c.tx, data...)
	c.outgoing, c.lengths = c.outgoing[:0], c.lengths[:0]
	rest := c.tx
	for len(rest) > 0 {
		n := c.take(rest)
		if n == 0 {
			break
		}
		rest = rest[min(n, len(rest)):]
	}
	if len(data)%c.packet != 0 || len(data) == 0 {
		if len(rest) > 0 {
			c.bad()
		}
		rest = nil
	}
	c.tx = append(c.tx[:0], rest...)
	c.stats.TxFrames += uint64(len(c.lengths))
	c.settle()
	frames := c.outgoing
	for _, n := range c.lengths {
		c.cfg.Wire(frames[:n])
		frames = frames[n:]
	}
	return OK
}

// bad counts a command that makes no sense, of which the chip tells.
func (c *Chip) bad() {
	c.stats.TxBad++
	c.set(intSts, c.reg(intSts)|transmitErr)
	c.frame = c.frame[:0]
}

// take takes a buffer with its commands off b and returns how many bytes that were,
// 0 while the end of it is missing.
func (c *Chip) take(b []byte) int {
	if len(b) < commands {
		return 0
	}
	one, two := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	start := commands + int(one>>16&31)
	end := start + int(one&lengthMask)
	if len(b) < end {
		return 0
	}
	if one&firstPart != 0 {
		c.frame = c.frame[:0]
	}
	c.frame = append(c.frame, b[start:end]...)
	if one&lastPart != 0 {
		if n := len(c.frame); int(two&lengthMask) != n || n > longest {
			c.bad()
		} else if c.reg(macCr)&txEnable != 0 && c.reg(txCfg)&txOn != 0 {
			c.send(c.frame, two)
		}
	}
	return (end + 3) &^ 3
}

// send sums, pads and queues a whole frame.
func (c *Chip) send(f []byte, two uint32) {
	if two&sumIt != 0 && c.reg(coeCr)&txChecksum != 0 {
		if len(f) < preamble {
			c.bad()
			return
		}
		start, at := int(binary.LittleEndian.Uint16(f)), int(binary.LittleEndian.Uint16(f[2:]))
		f = f[preamble:]
		if start >= len(f) || at+2 > len(f) {
			c.bad()
			return
		}
		binary.BigEndian.PutUint16(f[at:], ^sum(f[start:]))
	}
	began := len(c.outgoing)
	c.outgoing = append(c.outgoing, f...)
	if two&noPadding == 0 {
		for len(c.outgoing)-began < shortest {
			c.outgoing = append(c.outgoing, 0)
		}
	}
	c.lengths = append(c.lengths, len(c.outgoing)-began)
}

// sum is the ones' complement sum of 16-bit words (RFC 1071).
func sum(b []byte) uint16 {
	s := uint64(0)
	for ; len(b) > 7; b = b[8:] {
		w := binary.BigEndian.Uint64(b)
		s += w>>32 + w&0xffff_ffff
	}
	for ; len(b) > 1; b = b[2:] {
		s += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) > 0 {
		s += uint64(b[0]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
