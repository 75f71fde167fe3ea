// Package lan9514 is a model of the Ethernet function of the LAN9514 (USB ID
// 0424:ec00), as it appears to the driver of one: descriptors, registers, PHY, the
// frame formats of both bulk pipes, filters and checksums, and what can go wrong.
// Tests of the driver use it in their own process; `yolk run -plat rpi3` shows it
// to an emulated Raspberry Pi (package boot/usbredir).
//
// What it does not have: the hub in front of the function, wake-up by frames,
// statistics, GPIOs and LEDs, whose registers only keep what is written, VLAN
// tables, half duplex's collisions, and time: a reset, an autonegotiation and an
// access to the PHY are done at once, and a wire is as fast as its user.
//
// Written from: Microchip DS00001875D (LAN9500/LAN9500A, whose function this is),
// chapters 5 (USB device, FIFO controller), 7 (registers) and the PHY's registers;
// IEEE 802.3 22.2.4. The constants are its own and not the driver's, so that a slip
// in either shows.
//
// It imports nothing but the standard library.
package lan9514

import "sync"

// Config is what a board makes of the chip.
type Config struct {
	FullSpeed bool     // on a bus of 12 Mbit/s instead of 480
	MAC       *[6]byte // in an EEPROM; nil for none, as on the Raspberry Pi

	// Wire takes the frames that the chip sends, with padding and without check
	// sequence, one after the other. The slice is the chip's again when it returns.
	Wire func(frame []byte)
}

// Stats count what has passed since New.
type Stats struct {
	RxFrames, RxFiltered, RxDropped uint64 // of the wire's: for the host, for others, without room
	RxBursts                        uint64 // of frames, in bulk IN transfers
	TxFrames, TxBad                 uint64 // to the wire; with commands that make no sense
	TxTransfers                     uint64 // bulk OUT
}

// A Chip is one Ethernet function, its cable in and the other end able to do
// everything. It is safe for concurrent use, but for one transfer at a time on each
// endpoint.
type Chip struct {
	cfg    Config
	packet int // bytes of a bulk packet
	mac    *[6]byte

	mu      sync.Mutex
	room    *sync.Cond // the receive FIFO has become emptier, or the chip is closed
	closed  bool
	config  byte
	regs    [space / 4]uint32
	phy     [32]uint16
	cable   bool
	partner uint16
	latched bool // the link was down since BMSR was read

	raised   uint32 // the interrupts that the host has been told of
	word     [4]byte
	pipes    [4]pipe // by endpoint number
	rx       fifo
	burst    []byte // what is left of a burst that the host has begun to read
	store    [1 << 16]byte
	zlp      bool // the burst ended with a full packet: an empty one follows
	corrupt  func(burst []byte) []byte
	tx       []byte // of a bulk OUT transfer, not yet taken apart
	frame    []byte // the frame that is being put together
	outgoing []byte // frames for the wire, one after the other
	lengths  []int
	stats    Stats
}

// New returns a chip that has been powered on.
func New(cfg Config) *Chip {
	c := &Chip{cfg: cfg, packet: 512, mac: cfg.MAC, cable: true, partner: everything}
	if cfg.FullSpeed {
		c.packet = 64
	}
	c.room = sync.NewCond(&c.mu)
	c.resetChip()
	return c
}

// Reset is a reset of the USB port: the chip is as after power-on, without
// address and configuration. A transfer that waits ends as Cancelled.
func (c *Chip) Reset() {
	c.mu.Lock()
	c.config = 0
	c.resetChip()
	for i := range c.pipes {
		c.pipes[i] = pipe{faults: c.pipes[i].faults, cancelled: c.pipes[i].done != nil, done: c.pipes[i].done}
	}
	c.settle()
}

// Close ends each Deliver.
func (c *Chip) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.room.Broadcast()
}

// Stats returns the counters.
func (c *Chip) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Register returns a register's value, for tests of what a driver has written.
func (c *Chip) Register(address uint16) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read(register(address))
}
