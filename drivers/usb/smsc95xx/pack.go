package smsc95xx

import (
	"encoding/binary"

	"yolk/drivers/usb/usbnet"
	"yolk/netdev/netbuf"
)

// A frame to send in a transfer (5.4.2), and the next at a multiple of four bytes:
//
//	0   command A     first and last buffer of the frame, bytes in the buffer
//	4   command B     bytes of the frame, whether to sum it
//	8   4 bytes       to sum: where from, and where the result goes
//	    frame         the chip pads it and appends the check sequence
const (
	commandBytes  = 8
	preambleBytes = 4
	wholeFrame    = 1<<13 | 1<<12 // command A
	sumFrame      = 1 << 14       // command B
)

// tcpOffset is where TCP has its checksum. Only that is left to the chip: of UDP's it
// would send 0, which means none, where 0xffff is due.
const tcpOffset = 16

// Pack implements usbnet.Chip.
func (c *chip) Pack(s *usbnet.Settings, transfer []byte, used int, bufs []*netbuf.Buf, t *usbnet.Tally) (int, int) {
	for n, b := range bufs {
		length, ok := s.Sendable(b, maxChain)
		if ok {
			end := used
			if b.GSO == netbuf.GSONone {
				end, ok = single(transfer, used, b, length)
			} else {
				end, ok = segment(transfer, used, b, length)
			}
			if ok && end == used {
				return used, n // no room
			}
			used = end
		}
		if ok {
			t.Packets++
			t.Bytes += length
		} else {
			t.Bad++
		}
	}
	return used, len(bufs)
}

// single copies a packet that is one frame to a transfer, behind what is used, and
// returns how far it is used then; as far as before if there is no room.
func single(transfer []byte, used int, b *netbuf.Buf, length int) (end int, ok bool) {
	if aligned(used)+commandBytes+preambleBytes+length > len(transfer) {
		return used, true
	}
	f := place(transfer, used, length)
	if b.Checksum == netbuf.ChecksumPartial {
		f.sum(int(b.CsumStart), int(b.CsumOffset))
	}
	usbnet.Copy(f.bytes, b)
	f.finish()
	return f.end, true
}

func aligned(n int) int { return (n + 3) &^ 3 }

// frame is a place for one in a transfer.
type frame struct {
	commands []byte // and what follows
	bytes    []byte
	end      int // where it ends in the transfer
	start    int // of what is to be summed in software, if offset is not 0
	offset   int
}

// place takes the place of a frame of some length, and writes its commands.
func place(transfer []byte, used, length int) frame {
	at := aligned(used)
	f := frame{commands: transfer[at:], end: at + commandBytes + length}
	binary.LittleEndian.PutUint32(f.commands, wholeFrame|uint32(length))
	binary.LittleEndian.PutUint32(f.commands[4:], uint32(length))
	f.bytes = f.commands[commandBytes : commandBytes+length]
	return f
}

// sum has the frame's checksum completed, before the frame is written: by the chip if
// that can. It fails where the checksum is among the last bytes, and for short frames;
// the limits are those of other drivers.
func (f *frame) sum(start, offset int) {
	const shortest, behind = 64, 5
	length := len(f.bytes)
	if offset != tcpOffset || length < shortest || length-start-offset <= behind {
		f.start, f.offset = start, offset
		return
	}
	binary.LittleEndian.PutUint32(f.commands, wholeFrame|uint32(length+preambleBytes))
	binary.LittleEndian.PutUint32(f.commands[4:], sumFrame|uint32(length+preambleBytes))
	binary.LittleEndian.PutUint16(f.commands[8:], uint16(start))
	binary.LittleEndian.PutUint16(f.commands[10:], uint16(start+offset))
	f.bytes = f.commands[commandBytes+preambleBytes : commandBytes+preambleBytes+length]
	f.end += preambleBytes
}

// finish completes the checksum of a frame that has been written, if that was not left
// to the chip. The packet itself may have other owners and stays as it is.
func (f *frame) finish() {
	if f.offset == 0 && f.start == 0 {
		return
	}
	sum := ^netbuf.Fold(netbuf.Sum(0, f.bytes[f.start:]))
	if sum == 0 {
		sum = 0xffff // for UDP; the same number for TCP
	}
	binary.BigEndian.PutUint16(f.bytes[f.start+f.offset:], sum)
}
