package dwc2test

// Read32 implements mmio.Block.
func (c *Core) Read32(off uint32) uint32 {
	c.Lock()
	defer c.Unlock()
	if v, ok := configuration[off]; ok {
		return v
	}
	switch off {
	case gintsts:
		return c.status()
	case haint:
		return c.pending()
	case hfnum:
		return c.frame()
	case gahbcfg, gusbcfg, grstctl, gintmsk, grxfsiz, gnptxfsiz, hptxfsiz, hcfg, hfir, haintmsk, hprt, pcgcctl:
		return c.regs[off]
	}
	if ch, reg := c.channel(off); ch != nil {
		return *ch.register(reg)
	}
	c.errorf("read of offset %#x, where no register is", off)
	return 0
}

// Write32 implements mmio.Block.
func (c *Core) Write32(off, v uint32) {
	c.Lock()
	defer c.Unlock()
	defer c.raise()
	switch off {
	case gintsts: // bit 29 and the like are cleared by writing 1
		c.regs[gintsts] &^= v &^ 1
	case gusbcfg:
		c.regs[off], c.phySet = v, false
	case grstctl:
		c.reset(v)
	case hprt:
		c.writePort(v)
	case grxfsiz, gnptxfsiz, hptxfsiz:
		c.regs[off], c.flushed = v, false
	case gahbcfg, gintmsk, hcfg, hfir, haintmsk, pcgcctl:
		c.regs[off] = v
	default:
		if ch, reg := c.channel(off); ch != nil {
			ch.write(reg, v)
		} else {
			c.errorf("write of %#x to offset %#x, which is none or read only", v, off)
		}
	}
}

// reset carries out what GRSTCTL says.
func (c *Core) reset(v uint32) {
	const core, rx, tx, all = 1 << 0, 1 << 4, 1 << 5, 0x10 << 6
	if v&core != 0 {
		if c.regs[gusbcfg]&(1<<4|1<<6|1<<3) != 0 {
			c.errorf("reset with GUSBCFG %#x, which chooses another PHY than UTMI+ of 8 bits", c.regs[gusbcfg])
		}
		if turn := c.regs[gusbcfg] >> 10 & 15; turn != 9 {
			c.errorf("turnaround time %d; 8 bits need 9", turn)
		}
		c.resetRegisters()
		c.phySet = true
	}
	if v&tx != 0 && v&all == 0 {
		c.errorf("GRSTCTL %#x flushes one transmit FIFO", v)
	}
	if v&rx != 0 {
		c.flushed = true
	}
}

// ready reports what was left out before a channel was enabled.
func (c *Core) ready() {
	rx, np, p := c.regs[grxfsiz], c.regs[gnptxfsiz], c.regs[hptxfsiz]
	switch {
	case !c.phySet && c.regs[gusbcfg]&(1<<29) == 0:
		c.errorf("no core reset after the PHY was chosen")
	case c.regs[gahbcfg]&(1<<5) == 0 || c.regs[gahbcfg]&(1<<4) == 0:
		c.errorf("GAHBCFG %#x: DMA is off or does not wait for the AXI bus", c.regs[gahbcfg])
	case np&0xffff != rx || p&0xffff != rx+np>>16 || p&0xffff+p>>16 > fifoWords:
		c.errorf("FIFOs overlap or do not fit: %#x, %#x, %#x", rx, np, p)
	case rx < 2*(1024/4+1)+channels || np>>16 < 512/4 || p>>16 < 1024/4:
		c.errorf("FIFOs are too small for the largest packets: %#x, %#x, %#x", rx, np, p)
	case !c.flushed:
		c.errorf("FIFOs are not flushed after they were sized")
	case c.attached && c.regs[hprt]&prtEnabled == 0:
		c.errorf("a channel is enabled and the port is not")
	case !c.attached: // it has been pulled, and the driver cannot know yet
	case c.speedBits() == 0 && c.regs[hfir] != 7500 || c.speedBits() != 0 && c.regs[hfir] != 60000:
		c.errorf("HFIR %d is not this speed's", c.regs[hfir])
	}
}
