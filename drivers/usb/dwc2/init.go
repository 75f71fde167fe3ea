package dwc2

import (
	"fmt"
	"time"

	"yolk/drivers/usb"
)

// Depths of the FIFOs in words. Receive: two of the largest packets with their status,
// and a word for each channel (RM0090 35.13.3 asks for that as the least), more of them
// so that memory may be slow. Transmit: two of the largest packets each.
const (
	rxFIFO         = 1024
	txFIFO         = 1024 // non-periodic
	periodicTxFIFO = 512
	totalFIFO      = rxFIFO + txFIFO + periodicTxFIFO
)

const (
	patience  = 100 * time.Millisecond // for what takes clocks
	hostAfter = 25 * time.Millisecond  // for the mode to be forced (CV, GUSBCFG.ForceHstMode)
)

// Init implements usb.Controller: core initialization, then host initialization, in the
// order of RM0090 35.17.1 and 35.17.2.
func (c *Controller) Init() error {
	if err := c.identify(); err != nil {
		return err
	}
	c.write(gAHBCFG, 0) // interrupts off
	c.write(gINTMSK, 0)
	c.write(pcgCCTL, 0) // the PHY's clock runs
	if err := c.selectPHY(); err != nil {
		return err
	}
	c.write(gAHBCFG, ahbDMA|ahbWaitAXI)
	c.write(hCFG, 0) // PHY clock of a UTMI+ PHY, all speeds
	if err := c.sizeFIFOs(); err != nil {
		return err
	}
	for i := range c.channels {
		ch := &c.channels[i]
		if ch.read(hcCHAR)&charEnable != 0 {
			return fmt.Errorf("%w: HCCHAR%d.ChEna after a reset", usb.ErrController, i)
		}
		ch.write(hcINT, uint32(causeEvery))
		ch.write(hcINTMSK, uint32(causeListened))
	}
	c.write(hAINTMSK, 1<<len(c.channels)-1)
	c.write(gINTSTS, ^uint32(0))
	c.write(gINTMSK, intPort|intChannel|intDisconnect)
	c.write(gAHBCFG, ahbDMA|ahbWaitAXI|ahbInterrupts)
	return nil
}

// identify reads what the core is made with.
func (c *Controller) identify() error {
	id := c.read(gSNPSID)
	if id>>16 != 0x4f54 { // "OT"
		return fmt.Errorf("%w: GSNPSID %#x is no DWC2's; is it powered?", usb.ErrController, id)
	}
	hw2, hw3 := c.read(gHWCFG2), c.read(gHWCFG3)
	if hw2&hw2Architecture != hw2DMA {
		return fmt.Errorf("%w: GHWCFG2 %#x: no internal DMA", usb.ErrController, hw2)
	}
	if words := hw3 >> 16; words < totalFIFO {
		return fmt.Errorf("%w: GHWCFG3 %#x: %d words of FIFO of %d", usb.ErrController, hw3, words, totalFIFO)
	}
	c.maxBytes = 1<<(hw3&15+11) - 1
	c.maxPackets = 1<<(hw3>>4&7+4) - 1
	c.channels = make([]channel, hw2>>hw2Channels&15+1)
	for i := range c.channels {
		c.channels[i] = channel{c: c, base: hc + hcStride*uint32(i)}
	}
	return nil
}

// selectPHY tells the core which PHY it has, which takes effect by a reset, and that it
// is a host.
func (c *Controller) selectPHY() error {
	v := c.read(gUSBCFG) &^ (usbULPI | usbSerial | usbPHY16 | usbSRP | usbHNP | usbTurn | usbForceDevice)
	if c.read(gHWCFG4)&hw4UTMI == hw4UTMI16 {
		v |= usbPHY16 | usbTurn16
	} else {
		v |= usbTurn8
	}
	c.write(gUSBCFG, v)
	if err := c.reset(); err != nil {
		return err
	}
	c.write(gUSBCFG, c.read(gUSBCFG)|usbForceHost)
	return c.await("GINTSTS.CurMod", gINTSTS, intHost, intHost, hostAfter+patience)
}

// reset is the core's soft reset. It keeps GUSBCFG's choice of the PHY.
func (c *Controller) reset() error {
	if err := c.await("GRSTCTL.AHBIdle", gRSTCTL, rstAHBIdle, rstAHBIdle, patience); err != nil {
		return err
	}
	c.write(gRSTCTL, rstCore)
	if err := c.await("GRSTCTL.CSftRst", gRSTCTL, rstCore, 0, patience); err != nil {
		return err
	}
	// Three PHY clocks until the core answers again (CV, GRSTCTL.CSftRst).
	time.Sleep(time.Microsecond)
	return c.await("GRSTCTL.AHBIdle", gRSTCTL, rstAHBIdle, rstAHBIdle, patience)
}

// sizeFIFOs divides the FIFO memory: receive, non-periodic transmit, periodic transmit.
func (c *Controller) sizeFIFOs() error {
	c.write(gRXFSIZ, rxFIFO)
	c.write(gNPTXFSIZ, txFIFO<<16|rxFIFO)
	c.write(hPTXFSIZ, periodicTxFIFO<<16|(rxFIFO+txFIFO))
	c.write(gRSTCTL, rstAllTx|rstTxFIFO)
	if err := c.await("GRSTCTL.TxFFlsh", gRSTCTL, rstTxFIFO, 0, patience); err != nil {
		return err
	}
	c.write(gRSTCTL, rstRxFIFO)
	return c.await("GRSTCTL.RxFFlsh", gRSTCTL, rstRxFIFO, 0, patience)
}

// await waits until a register's bits are as they shall be.
func (c *Controller) await(name string, reg, mask, want uint32, limit time.Duration) error {
	for end := time.Now().Add(limit); ; time.Sleep(10 * time.Microsecond) {
		v := c.read(reg)
		if v&mask == want {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: %s is not %#x after %v: %#x", usb.ErrController, name, want, limit, v)
		}
	}
}
