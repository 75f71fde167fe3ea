package lan9514

// The internal PHY's registers (IEEE 802.3 22.2.4, and the chip's own from 17 on).
const (
	phyControl   = 0 // BMCR
	phyStatus    = 1 // BMSR, R
	phyID1       = 2
	phyID2       = 3
	phyAdvertise = 4
	phyPartner   = 5 // R: what the other end can do
	phyExpansion = 6
	phyModes     = 17
	phySpecial   = 18
	phySource    = 29 // interrupt sources; reading clears them
	phyMask      = 30
	phySpeed     = 31

	phyAddress = 1

	bmcrReset   = 1 << 15
	bmcrRestart = 1 << 9
	bmcrAuto    = 1 << 12

	bmsrDone = 1 << 5
	bmsrLink = 1 << 2 // latches low until it is read

	sourceEnergy = 1 << 7
	sourceDone   = 1 << 6
	sourceDown   = 1 << 4
)

// Abilities of the other end of the cable, as in its autonegotiation page.
const (
	Half10  = 1 << 5
	Full10  = 1 << 6
	Half100 = 1 << 7
	Full100 = 1 << 8
	Pause   = 1 << 10
)

const everything = Half10 | Full10 | Half100 | Full100 | Pause

func (c *Chip) resetPHY() {
	c.phy = [32]uint16{
		phyControl: bmcrAuto | 1<<13, phyStatus: 0x7809, phyID1: 0x0007, phyID2: 0xc0c3, phyAdvertise: 0x01e1,
		phyExpansion: 1, phyModes: 2, phySpecial: 0xe0 | phyAddress,
	}
	c.latched = false
	c.negotiate()
}

// mii executes an access to the PHY: the command in MII_ADDR, the value in MII_DATA.
func (c *Chip) mii(v uint32) uint32 {
	if v&miiBusy == 0 {
		return v
	}
	number := int(v >> 6 & 31)
	switch {
	case v>>11&31 != phyAddress:
		c.set(miiData, 0xffff)
	case v&miiWrite != 0:
		c.writePHY(number, uint16(c.reg(miiData)))
	default:
		c.set(miiData, uint32(c.readPHY(number)))
	}
	return v &^ miiBusy
}

func (c *Chip) readPHY(number int) uint16 {
	v := c.phy[number]
	switch number {
	case phyStatus:
		if c.latched {
			v &^= bmsrLink
		}
		c.latched = false
	case phySource:
		c.phy[phySource] = 0
	}
	return v
}

func (c *Chip) writePHY(number int, v uint16) {
	switch number {
	case phyStatus, phyID1, phyID2, phyPartner, phyExpansion, phySource, phySpeed:
		return
	case phyControl:
		if v&bmcrReset != 0 {
			c.resetPHY()
			return
		}
		c.phy[number] = v &^ bmcrRestart
		if v&bmcrRestart != 0 && v&bmcrAuto != 0 {
			c.negotiate()
		}
		return
	}
	c.phy[number] = v
}

// negotiate is what the PHY does when it is told to, or when a cable comes.
func (c *Chip) negotiate() {
	if !c.cable {
		c.phy[phyStatus] &^= bmsrLink | bmsrDone
		c.phy[phyPartner] = 0
		return
	}
	c.phy[phyStatus] |= bmsrLink | bmsrDone
	c.phy[phyPartner] = 1<<14 | 1 | c.partner
	c.phy[phyExpansion] |= 1
	c.phy[phySource] |= sourceEnergy | sourceDone
	speed := uint16(0)
	switch common := c.phy[phyAdvertise] & c.partner; {
	case common&Full100 != 0:
		speed = 6
	case common&Half100 != 0:
		speed = 2
	case common&Full10 != 0:
		speed = 5
	case common&Half10 != 0:
		speed = 1
	}
	c.phy[phySpeed] = 1<<12 | speed<<2
}

// SetLink pulls the cable, or puts it in again with what the other end can do: the
// sum of abilities, 0 for all.
func (c *Chip) SetLink(up bool, partner uint16) {
	c.mu.Lock()
	if partner == 0 {
		partner = everything
	}
	was := c.cable
	c.cable, c.partner = up, partner
	c.negotiate()
	if was && !up {
		c.latched = true
		c.phy[phySource] |= sourceDown
	}
	c.settle()
}
