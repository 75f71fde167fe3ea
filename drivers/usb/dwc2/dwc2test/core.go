package dwc2test

import (
	"sync"
	"time"

	"yolk/drivers/usb"
	"yolk/drivers/usb/usbtest"
)

// Offsets of registers, from CV's address map.
const (
	gahbcfg, gusbcfg, grstctl, gintsts, gintmsk = 0x08, 0x0c, 0x10, 0x14, 0x18
	grxfsiz, gnptxfsiz, gsnpsid                 = 0x24, 0x28, 0x40
	ghwcfg2, ghwcfg3, ghwcfg4                   = 0x48, 0x4c, 0x50
	hptxfsiz, hcfg, hfir, hfnum                 = 0x100, 0x400, 0x404, 0x408
	haint, haintmsk, hprt                       = 0x414, 0x418, 0x440
	hcBase, hcSize, pcgcctl                     = 0x500, 0x20, 0xe00
)

// channels is how many the chip has.
const channels = 8

// What the chip reads as, in hardware configuration and identity (a Raspberry Pi's).
var configuration = map[uint32]uint32{
	gsnpsid: 0x4f54280a, ghwcfg2: 0x228ddd50, ghwcfg3: 0x0ff000e8, ghwcfg4: 0x1ff00020,
}

const (
	fifoWords  = 0x0ff0
	maxBytes   = 1<<19 - 1
	maxPackets = 1<<10 - 1
)

// A Reporter hears what the driver does wrong; a *testing.T is one.
type Reporter interface {
	Errorf(format string, args ...any)
}

// A Core is the controller: registers (an mmio.Block) and an interrupt line (a
// dwc2.Interrupt). Its fields are set before the driver starts, or under Lock.
type Core struct {
	sync.Mutex
	// Fault, when set, may spoil a transaction. It is told the device, endpoint address
	// and, of an OUT or SETUP, the data.
	Fault func(d *usbtest.Device, endpoint uint8, data []byte) Spoil
	// Early is how many complete-splits come too early.
	Early int
	// Deaf has channels not halt when they are told to.
	Deaf bool
	// Keeps has a channel that was halted while its device was not ready keep the
	// request, as QEMU does, so that it must not be used again.
	Keeps bool
	// OverCurrent is the port's.
	OverCurrent bool

	r    Reporter
	bus  *usbtest.Bus
	mem  *Memory
	ring chan struct{}

	regs     map[uint32]uint32
	ch       [channels]channel
	start    time.Time
	inReset  time.Time // since when the port is reset
	phySet   bool      // a core reset has come after the PHY was chosen
	flushed  bool      // both FIFOs, after they were sized
	powered  bool
	attached bool
	halts    int
}

// Spoil is what happens to a transaction.
type Spoil uint8

const (
	Fine       Spoil = iota
	Lost             // neither the device nor the host hears anything
	AnswerLost       // the device has taken, or sent, and the host does not hear it
	NotNow           // the device says NAK
	TooMuch          // the device sends more than a packet
	Overrun          // a periodic transaction misses its microframe
)

// New makes a core with a bus of one root port.
func New(r Reporter, bus *usbtest.Bus, mem *Memory) *Core {
	c := &Core{r: r, bus: bus, mem: mem, ring: make(chan struct{}, 1), start: time.Now()}
	c.resetRegisters()
	c.regs[gusbcfg] = 0x1410 // what the chip has: a serial PHY would be bit 6
	bus.OnKick(c.kick)
	return c
}

// resetRegisters is what a core reset does to them.
func (c *Core) resetRegisters() {
	phy := c.regs[gusbcfg]
	c.regs = map[uint32]uint32{gusbcfg: phy, grstctl: 1 << 31, gintsts: 1, grxfsiz: 0x1000, hfir: 60000}
	for i := range c.ch {
		c.ch[i] = channel{c: c, n: i}
	}
	c.powered, c.attached, c.flushed = false, false, false
}

// Halts returns how often a channel was told to halt.
func (c *Core) Halts() int {
	c.Lock()
	defer c.Unlock()
	return c.halts
}

// Busy returns how many channels are enabled.
func (c *Core) Busy() (n int) {
	c.Lock()
	defer c.Unlock()
	for i := range c.ch {
		if c.ch[i].char&charEnable != 0 {
			n++
		}
	}
	return n
}

// line reports whether the interrupt line is up.
func (c *Core) line() bool {
	return c.regs[gahbcfg]&1 != 0 && c.status()&c.regs[gintmsk] != 0
}

// status is GINTSTS: the causes that are kept and those that follow from others.
func (c *Core) status() uint32 {
	v := c.regs[gintsts]
	if c.regs[hprt]&(prtConnectDetect|prtEnableChange|prtOverChange) != 0 {
		v |= 1 << 24
	}
	if c.pending()&c.regs[haintmsk] != 0 {
		v |= 1 << 25
	}
	return v
}

// pending is HAINT.
func (c *Core) pending() (v uint32) {
	for i := range c.ch {
		if c.ch[i].causes&c.ch[i].mask != 0 {
			v |= 1 << i
		}
	}
	return v
}

// Wait implements dwc2.Interrupt.
func (c *Core) Wait() {
	c.Lock()
	up := c.line()
	c.Unlock()
	if !up {
		<-c.ring
	}
}

// Fire implements dwc2.Interrupt.
func (c *Core) Fire() {
	select {
	case c.ring <- struct{}{}:
	default:
	}
}

// kick is called when the bus has changed: a port, or what a device would answer.
func (c *Core) kick() {
	// A device may kick in the middle of a transaction, under the lock.
	go func() {
		c.Lock()
		defer c.Unlock()
		c.look()
		for i := range c.ch {
			c.ch[i].run()
		}
		c.raise()
	}()
}

// raise wakes who waits if the line is up.
func (c *Core) raise() {
	if c.line() {
		c.Fire()
	}
}

// frame is the number of the (micro)frame.
func (c *Core) frame() uint32 {
	length := time.Millisecond
	if c.speed() == usb.High {
		length /= 8
	}
	return uint32(time.Since(c.start)/length) & 0x3fff
}

func (c *Core) errorf(format string, args ...any) { c.r.Errorf("dwc2test: "+format, args...) }
