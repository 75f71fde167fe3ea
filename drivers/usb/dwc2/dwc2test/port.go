package dwc2test

import (
	"time"

	"yolk/drivers/usb"
	"yolk/drivers/usb/usbtest"
)

// HPRT's bits.
const (
	prtConnected     = 1 << 0
	prtConnectDetect = 1 << 1
	prtEnabled       = 1 << 2
	prtEnableChange  = 1 << 3
	prtOverCurrent   = 1 << 4
	prtOverChange    = 1 << 5
	prtReset         = 1 << 8
	prtPower         = 1 << 12
	prtSpeedShift    = 17
	prtSpeedMask     = 3 << prtSpeedShift
)

// writePort is a write to HPRT.
func (c *Core) writePort(v uint32) {
	old := c.regs[hprt]
	now := old &^ (v & (prtConnectDetect | prtEnableChange | prtOverChange))
	if v&prtEnabled != 0 && old&prtEnabled != 0 {
		now &^= prtEnabled
		c.bus.Root().Clear(1, usbtest.FeatureEnable)
	}
	now = now&^(prtReset|prtPower) | v&(prtReset|prtPower)
	c.regs[hprt] = now
	switch {
	case old&prtReset == 0 && now&prtReset != 0:
		c.inReset = time.Now()
	case old&prtReset != 0 && now&prtReset == 0:
		if held := time.Since(c.inReset); held < 50*time.Millisecond {
			c.errorf("the port was reset for %v; 50 ms are the least", held)
		}
		c.enable()
	}
	if now&prtPower != 0 && !c.powered {
		c.powered = true
		c.bus.Root().Set(1, usbtest.FeaturePower)
	}
	c.look()
}

// enable is what the end of a reset does.
func (c *Core) enable() {
	if c.regs[hprt]&prtConnected == 0 {
		return
	}
	c.bus.Root().Set(1, usbtest.FeatureReset)
	c.bus.Root().Clear(1, usbtest.FeatureChange+4)
	s, _ := c.bus.Root().Status(1)
	bits := map[usb.Speed]uint32{usb.High: 0, usb.Full: 1, usb.Low: 2}[s.Speed()]
	c.regs[hprt] = c.regs[hprt]&^prtSpeedMask | bits<<prtSpeedShift | prtEnabled | prtEnableChange
}

// look sees what is plugged in.
func (c *Core) look() {
	s, change := c.bus.Root().Status(1)
	in := s&usb.PortConnected != 0 && c.powered
	was := c.attached
	c.attached = in
	bounced := was && in && change&usb.ChangeConnection != 0 && c.regs[hprt]&prtConnectDetect == 0
	c.bus.Root().Clear(1, usbtest.FeatureChange)
	if was && (!in || bounced) {
		c.regs[hprt] &^= prtConnected | prtEnabled | prtSpeedMask
		c.regs[hprt] |= prtEnableChange
		c.regs[gintsts] |= 1 << 29
	}
	if in && (!was || bounced) {
		c.regs[hprt] |= prtConnected | prtConnectDetect
	}
	if over := c.regs[hprt]&prtOverCurrent != 0; over != c.OverCurrent {
		c.regs[hprt] ^= prtOverCurrent
		c.regs[hprt] |= prtOverChange
	}
}

func (c *Core) speedBits() uint32 { return c.regs[hprt] & prtSpeedMask >> prtSpeedShift }

func (c *Core) speed() usb.Speed {
	if c.regs[hprt]&prtEnabled != 0 && c.speedBits() == 0 {
		return usb.High
	}
	return usb.Full
}
