package lan9514

import "encoding/binary"

// A register is the address of a system control and status register, or of the
// MAC's (7.3, 7.4).
type register uint16

const (
	idRev     register = 0x00 // R: chip and revision
	intSts    register = 0x08 // W1C, but for the PHY's, which is R
	rxCfg     register = 0x0c
	txCfg     register = 0x10
	hwCfg     register = 0x14
	rxFifoInf register = 0x18 // R
	txFifoInf register = 0x1c // R
	pmCtrl    register = 0x20
	afcCfg    register = 0x2c
	e2pCmd    register = 0x30
	e2pData   register = 0x34
	burstCap  register = 0x38
	intEpCtl  register = 0x68
	bulkInDly register = 0x6c
	macCr     register = 0x100
	addrH     register = 0x104
	addrL     register = 0x108
	hashH     register = 0x10c
	hashL     register = 0x110
	miiAddr   register = 0x114
	miiData   register = 0x118
	coeCr     register = 0x130
)

const (
	chip = 0xec00_0002

	phyInt = 1 << 15 // INT_STS
	flush  = 1 << 0  // RX_CFG and TX_CFG, clears itself
	txOn   = 1 << 2  // TX_CFG
	txStop = 1 << 1  // TX_CFG, clears itself

	softReset = 1 << 0 // HW_CFG, clears itself
	capOn     = 1 << 1 // BCE: bursts end at BURST_CAP
	liteReset = 1 << 3 // clears itself; all but the PHY and the USB side
	manyEach  = 1 << 5 // MEF: several frames in a burst
	nakEmpty  = 1 << 12

	ready    = 1 << 7 // PM_CTRL, R
	phyReset = 1 << 4 // clears itself
	wakeups  = 3      // W1C

	e2pBusy    = 1 << 31 // E2P_CMD
	e2pTimeout = 1 << 10 // W1C
	e2pLoaded  = 1 << 9
	e2pRead    = 0 // bits 30:28
	e2pReload  = 7

	rxAll      = 1 << 31 // MAC_CR
	allMulti   = 1 << 19
	promisc    = 1 << 18
	hashOnly   = 1 << 15
	hashMulti  = 1 << 13
	noBcast    = 1 << 11
	txEnable   = 1 << 3
	rxEnable   = 1 << 2
	miiBusy    = 1 << 0 // MII_ADDR
	miiWrite   = 1 << 1
	txChecksum = 1 << 16 // COE_CR
	rxChecksum = 1 << 0
)

// defaults are the values after a reset that are not 0.
var defaults = map[register]uint32{
	idRev: chip, txFifoInf: 0x2000, pmCtrl: ready, afcCfg: 0x00f830a1, bulkInDly: 0x800, addrH: 0xffff, addrL: 0xffff_ffff,
}

// resetChip is what power-on and a reset of the USB port do.
func (c *Chip) resetChip() {
	c.resetPHY()
	c.resetMAC()
}

// resetMAC is the lite reset: all but the PHY.
func (c *Chip) resetMAC() {
	clear(c.regs[:])
	for r, v := range defaults {
		c.regs[r/4] = v
	}
	c.raised = 0
	c.emptyRx()
	c.emptyTx()
	if c.mac != nil {
		c.loadMAC()
	}
}

// loadMAC sets the address from the EEPROM, as the chip does when it is reset.
func (c *Chip) loadMAC() {
	c.set(addrL, binary.LittleEndian.Uint32(c.mac[:]))
	c.set(addrH, uint32(binary.LittleEndian.Uint16(c.mac[4:])))
	c.set(e2pCmd, c.reg(e2pCmd)|e2pLoaded)
}

// space is the bytes that registers take.
const space = 0x134

func (c *Chip) reg(r register) uint32    { return c.regs[r/4] }
func (c *Chip) set(r register, v uint32) { c.regs[r/4] = v }

// read is a vendor request's read of a register.
func (c *Chip) read(r register) uint32 {
	switch r {
	case intSts:
		return c.interrupts()
	case rxFifoInf:
		return uint32(c.rx.bytes()) | uint32(c.rx.frames)<<16
	}
	return c.reg(r)
}

// write is a vendor request's write of a register.
func (c *Chip) write(r register, v uint32) {
	switch r {
	case idRev, rxFifoInf, txFifoInf:
		return
	case intSts:
		c.set(r, c.reg(r)&^v)
		c.raised = 0 // acknowledged: what is still pending tells of itself again
		return
	case hwCfg:
		switch {
		case v&softReset != 0:
			c.resetChip()
			return
		case v&liteReset != 0:
			c.resetMAC()
			return
		}
	case pmCtrl:
		if v&phyReset != 0 {
			c.resetPHY()
		}
		v = v&^(phyReset|wakeups) | ready | c.reg(r)&wakeups&^v
	case rxCfg:
		if v&flush != 0 {
			c.emptyRx()
		}
		v &^= flush
	case txCfg:
		if v&flush != 0 {
			c.emptyTx()
		}
		if v&txStop != 0 {
			v &^= txOn
		}
		v &^= flush | txStop
	case e2pCmd:
		v = c.eeprom(v)
	case miiAddr:
		v = c.mii(v)
	}
	c.set(r, v)
}

// eepromMark is the first byte of an EEPROM that the chip takes for one; the
// address follows (5.9).
const eepromMark = 0xa5

// eeprom executes a command. A board without one, such as the Raspberry Pi, has
// nobody to answer, and the command times out.
func (c *Chip) eeprom(v uint32) uint32 {
	if v&e2pBusy == 0 {
		return c.reg(e2pCmd)&^(v&e2pTimeout) | v&^(e2pTimeout|e2pLoaded)
	}
	v &^= e2pBusy
	if c.mac == nil {
		return v | e2pTimeout
	}
	switch v >> 28 & 7 {
	case e2pRead:
		data := uint32(0xff)
		if at := v & 0x1ff; at == 0 {
			data = eepromMark
		} else if at <= 6 {
			data = uint32(c.mac[at-1])
		}
		c.set(e2pData, data)
	case e2pReload:
		c.loadMAC()
		v |= e2pLoaded
	}
	return v
}

// interrupts is INT_STS: the PHY's bit is a line that the PHY holds.
func (c *Chip) interrupts() uint32 {
	v := c.reg(intSts) &^ phyInt
	if c.phy[phySource]&c.phy[phyMask] != 0 {
		v |= phyInt
	}
	return v
}
