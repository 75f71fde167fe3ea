package smsc95xx

// startPHY has the PHY negotiate and tell of the link. A link that is there stays.
func (c *chip) startPHY() error {
	advertised, err := c.readPHY(phyAdvertise)
	if err != nil {
		return err
	}
	control, err := c.readPHY(phyBMCR)
	if err == nil && (advertised != abilities|pause || control&bmcrPowerDown != 0) {
		if err = c.writePHY(phyAdvertise, abilities|pause); err == nil {
			err = c.writePHY(phyBMCR, bmcrNegotiate)
		}
	}
	if err == nil {
		_, err = c.readPHY(phyIntSource) // of what was before
	}
	if err == nil {
		err = c.writePHY(phyIntMask, phyIntLink)
	}
	return err
}

// Link implements usbnet.Chip.
func (c *chip) Link() (bool, error) {
	// Acknowledged before it is looked at: what comes later tells again.
	if _, err := c.readPHY(phyIntSource); err != nil {
		return false, err
	}
	if err := c.write(regIntSts, intPHY); err != nil {
		return false, err
	}
	if _, err := c.readPHY(phyBMSR); err != nil { // what was
		return false, err
	}
	status, err := c.readPHY(phyBMSR)
	if err != nil || status&(bmsrLink|bmsrDone) != bmsrLink|bmsrDone {
		return false, err
	}
	partner, err := c.readPHY(phyPartner)
	if err != nil {
		return false, err
	}
	return true, c.duplex(partner)
}

// duplex sets the MAC to what the PHY has agreed on with the other end: the best that
// both can do (IEEE 802.3 28B.3), and PAUSE if both do.
func (c *chip) duplex(partner uint16) error {
	afc, flow := uint32(afcLevels&^afcPause), uint32(0)
	if partner&full100 != 0 || partner&half100 == 0 && partner&full10 != 0 {
		c.mac = c.mac&^macNoOwn | macFullDuplex
		if partner&pauseBoth != 0 {
			afc, flow = afcLevels|afcPause, flowPause
		}
	} else {
		c.mac = c.mac&^macFullDuplex | macNoOwn
	}
	return c.writeAll(value{regMAC, c.mac}, value{regAFC, afc}, value{regFlow, flow})
}
