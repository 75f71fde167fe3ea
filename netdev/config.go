package netdev

import (
	"fmt"

	"yolk/netdev/netbuf"
)

// Config chooses queues and offloads. The zero value is one queue each way and
// plain frames.
type Config struct {
	RxQueues, TxQueues int // 0: as many as the other, at least 1
	// Offloads are wanted; those that the device has as well are used, and in
	// Info.Features from then on. The constant Offloads asks for all.
	Offloads Features
}

// complete fills in the defaults and checks the rest against info.
func (c *Config) complete(info *Info) error {
	rx, tx := c.RxQueues, c.TxQueues
	if rx == 0 {
		c.RxQueues = max(tx, 1)
	}
	if tx == 0 {
		c.TxQueues = max(rx, 1)
	}
	switch {
	case c.RxQueues < 1 || c.RxQueues > info.MaxRxQueues || c.TxQueues < 1 || c.TxQueues > info.MaxTxQueues:
		return fmt.Errorf("%w: %d receive and %d transmit queues; the device has %d and %d",
			ErrConfig, c.RxQueues, c.TxQueues, info.MaxRxQueues, info.MaxTxQueues)
	case info.Paired && c.RxQueues != c.TxQueues:
		return fmt.Errorf("%w: %d receive and %d transmit queues; the device's come in pairs, ask for as many of both",
			ErrConfig, c.RxQueues, c.TxQueues)
	case c.Offloads&^Offloads != 0:
		return fmt.Errorf("%w: feature %#x is not an offload; leave it out", ErrConfig, uint32(c.Offloads&^Offloads))
	}
	c.Offloads &= info.Features
	return nil
}

// RxConfig sets up a receive queue. The zero value lets the driver choose the
// size and gives the queue a pool of its own.
type RxConfig struct {
	Size   int           // descriptors; 0: the driver's choice
	Memory netbuf.Memory // for the ring and the like; nil: Info.Memory

	// Alloc is called, on the goroutine that polls the queue or starts the
	// device, for buffers to receive into. It fills bufs from the front with
	// empty buffers in Info.Memory, with headroom of at least Info.RxHeadroom,
	// and returns how many; the driver owns them until it returns them in
	// bursts, or frees them when the device is closed. It must not block or call
	// the device. nil: the queue gets a pool of its own.
	Alloc func(bufs []*netbuf.Buf) int
	// Buffers is how many that pool has; 0: Size and 64 for the caller to hold.
	Buffers int
	// BufferSize is the bytes in each buffer, headroom included, a multiple of
	// 64. It holds for Alloc's as well. 0: netbuf.DefaultSize.
	BufferSize int
	// Headroom is how much of them lies in front of a packet, also for Alloc's.
	// 0: netbuf.DefaultHeadroom, or what the driver needs if that is more.
	Headroom int

	// Event is called, on a goroutine of the device's, after an interrupt of
	// the queue: there may be packets. Interrupts are off to begin with and
	// after each Event; EnableInterrupt asks for the next. nil: use Wait, or
	// poll.
	Event func(queue int)
}

// complete fills in the defaults and checks the rest.
func (c *RxConfig) complete(info *Info, q QueueInfo) error {
	if err := q.check(&c.Size); err != nil {
		return err
	}
	if c.Memory == nil {
		c.Memory = info.Memory
	}
	if c.BufferSize == 0 {
		c.BufferSize = netbuf.DefaultSize
	}
	if c.Headroom == 0 {
		c.Headroom = max(netbuf.DefaultHeadroom, info.RxHeadroom)
	}
	if c.Buffers == 0 {
		c.Buffers = c.Size + spare
	}
	const least = 14 + 60 // an Ethernet header, the least MTU's worth
	switch {
	case c.Headroom < info.RxHeadroom:
		return fmt.Errorf("%w: headroom %d; the driver needs %d in front of a received packet", ErrConfig, c.Headroom, info.RxHeadroom)
	case c.BufferSize-c.Headroom < least || c.BufferSize%64 != 0:
		return fmt.Errorf("%w: buffers of %d bytes with headroom %d; a packet needs %d at least, and buffers come in multiples of 64", ErrConfig, c.BufferSize, c.Headroom, least)
	case c.Event != nil && info.Features&Interrupts == 0:
		return fmt.Errorf("%w: an event callback, but the device has no interrupts; poll it", ErrConfig)
	}
	return nil
}

// spare is how many received packets a caller may hold while the ring of a
// default pool stays full.
const spare = 64

// TxConfig sets up a transmit queue.
type TxConfig struct {
	Size   int           // descriptors; 0: the driver's choice
	Memory netbuf.Memory // for the ring and the like; nil: Info.Memory
}

func (c *TxConfig) complete(info *Info, q QueueInfo) error {
	if c.Memory == nil {
		c.Memory = info.Memory
	}
	return q.check(&c.Size)
}
