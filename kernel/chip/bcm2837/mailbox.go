package bcm2837

import (
	"unsafe"

	"yolk/arch/mmio"
)

// Mailbox registers (Firmware wiki, "Mailboxes"). Mailbox 0 is read by the ARM
// cores, mailbox 1 is written by them.
const (
	mbRead        = 0x00 // R takes a word from mailbox 0
	mbReadStatus  = 0x18 // R
	mbWrite       = 0x20 // W puts a word into mailbox 1
	mbWriteStatus = 0x38 // R

	mbFull     = 1 << 31
	mbEmpty    = 1 << 30
	mbChannel  = 15 // the low bits of a word
	mbProperty = 8  // channel: properties, ARM to VideoCore

	mbPatience = 1_000_000 // us; the slowest answers (clocks, power) take some 10 ms
)

// A property message (Firmware wiki, "Mailbox property interface"), in words:
//
//	0  bytes in all        3  bytes of the value buffer
//	1  request or result   4  request, or 1<<31 + bytes of the answer
//	2  tag                 5  value buffer ... then a word 0, which ends the tags
const (
	msgSize, msgResult, msgTag, msgRoom, msgAnswer, msgValue = 0, 1, 2, 3, 4, 5

	resultOK = 1 << 31
	answered = 1 << 31

	// MessageWords is the room that a message needs, and MaxValue what its value
	// buffer holds.
	MessageWords = 64
	MaxValue     = MessageWords - msgValue - 1
)

// A Code is how a property call ended.
type Code uint8

const (
	OK         Code = iota
	ErrTimeout      // the firmware does not take or answer messages
	ErrRefused      // the firmware could not read the message
	ErrUnknown      // the firmware does not know the tag: bit 31 of its answer is clear
	ErrLength       // the answer, or the request, is longer than the value buffer
	ErrForged       // the answer is not to the message that was sent
)

// String says what the code means.
func (c Code) String() string {
	switch c {
	case OK:
		return "ok"
	case ErrTimeout:
		return "the firmware does not answer on the mailbox (registers 0x3f00b880)"
	case ErrRefused:
		return "the firmware could not read the message"
	case ErrUnknown:
		return "the firmware does not know this property"
	case ErrLength:
		return "value longer than its buffer"
	case ErrForged:
		return "the firmware's answer does not belong to the request"
	}
	return "unknown code"
}

// A Mailbox asks the firmware, which runs on VideoCore, for properties. One
// caller at a time.
//
// The message is in memory, in words at Buffer: MessageWords of them, aligned to
// a cache line and alone in theirs. The firmware is told BufferBus, the address
// by which VideoCore reaches them, of which the low four bits are free for the
// channel. It does not look into the ARM cores' caches, so the message is
// flushed before it is sent and again before the answer is read. After a timeout
// the buffer is the firmware's for good, and every call fails.
type Mailbox struct {
	Regs      mmio.Block
	Timer     *SystemTimer
	Buffer    uintptr
	BufferBus uint32

	stuck bool // an answer did not come in time and may still be written
}

func (m *Mailbox) words() *[MessageWords]uint32 {
	return (*[MessageWords]uint32)(unsafe.Add(unsafe.Pointer(nil), m.Buffer))
}

// Property asks for one property: value is the request and takes the answer, of
// which it returns the length in bytes. Words after the answer are zero. value
// must have room for both; on an error it is zero.
func (m *Mailbox) Property(tag Tag, value []uint32) (n int, code Code) {
	if len(value) > MaxValue {
		return 0, ErrLength
	}
	w := m.words()
	clear(w[:])
	w[msgSize] = uint32(msgValue+len(value)+1) * 4
	w[msgTag] = uint32(tag)
	w[msgRoom] = uint32(len(value)) * 4
	copy(w[msgValue:], value)
	clear(value)

	if m.stuck {
		return 0, ErrTimeout
	}
	mmio.Flush(m.Buffer, MessageWords*4)
	if m.stuck = !m.exchange(); m.stuck {
		return 0, ErrTimeout
	}
	mmio.Flush(m.Buffer, MessageWords*4)

	answer := w[msgAnswer]
	n = int(answer &^ answered)
	switch {
	case w[msgResult] != resultOK:
		return 0, ErrRefused
	case w[msgTag] != uint32(tag):
		return 0, ErrForged
	case answer&answered == 0:
		return 0, ErrUnknown
	case n > len(value)*4:
		return 0, ErrLength
	}
	copy(value, w[msgValue:msgValue+(n+3)/4])
	return n, OK
}

// exchange sends the buffer's address and waits until it comes back. Other words
// are dropped: answers on channels that nobody uses, or to what was asked before
// the image started.
func (m *Mailbox) exchange() bool {
	word := m.BufferBus&^mbChannel | mbProperty
	end := m.Timer.Now() + mbPatience
	mmio.Barrier() // the other devices' accesses first (BCM2835 1.3)
	if !m.until(end, mbWriteStatus, mbFull) {
		return false
	}
	m.Regs.Write32(mbWrite, word)
	for m.until(end, mbReadStatus, mbEmpty) {
		if m.Regs.Read32(mbRead) == word {
			mmio.Barrier() // the message is read after its answer has come
			return true
		}
	}
	return false
}

// until waits for a status bit to become clear, at most until end.
func (m *Mailbox) until(end uint64, status, bit uint32) bool {
	for m.Timer.Now() < end {
		if m.Regs.Read32(status)&bit == 0 {
			return true
		}
	}
	return false
}
