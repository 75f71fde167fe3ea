// Package smsc95xx drives Microchip's (once SMSC's) LAN9500 and the Ethernet function
// of the LAN9512 and LAN9514, which is the Raspberry Pi 3B's: 10 and 100 Mbit/s over
// USB 2.0. Package usbnet makes a netdev.Driver of it.
//
// A transfer each way holds many frames: received ones as they are in the chip when it
// is asked, up to BURST_CAP, each behind a status word; sent ones each behind two
// command words. The chip sums what it receives from the IP header on, of which Unpack
// makes a verdict on TCP's and UDP's checksum, and completes TCP's checksum where it
// sends. Long TCP packets are cut into frames where they are copied to the transfer,
// so that the stack above works with 13 KiB at a time.
//
// An empty chip answers nothing (NAK): a transfer waits in it, and no frame costs an
// interrupt more than that transfer's end. Multicasts are filtered by a hash of the group.
//
// Written from: Microchip DS00001875D, LAN950x; the registers' names are its own.
// Facts that it does not tell are marked in the source.
//
// It may import drivers/usb and netdev.
package smsc95xx

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"

	"yolk/drivers/usb"
	"yolk/drivers/usb/usbnet"
	"yolk/netdev"
)

// The chips' products, of vendor 0424.
const (
	vendor  = 0x0424
	lan9500 = 0x9500
	lan951x = 0xec00 // Ethernet in a LAN9512 or LAN9514
)

func init() {
	usb.Register(&usb.Driver{
		Name:   "smsc95xx",
		Match:  []usb.Match{usb.ByProduct(vendor, lan9500), usb.ByProduct(vendor, lan951x)},
		Attach: attach,
	})
}

// BoardAddr gives the address of a chip without an EEPROM, such as the Raspberry
// Pi's: the platform sets it before there are devices.
var BoardAddr = func() netdev.HardwareAddr { return netdev.HardwareAddr{0x02, 'y', 'o', 'l', 'k', 0} }

// attach drives a chip that has been found.
func attach(d *usb.Device, i *usb.Interface) (usb.Binding, error) {
	c := &chip{registers: registers{d}}
	a := &i.Alternates[0]
	var p usbnet.Pipes
	for _, e := range []struct {
		kind usb.Type
		in   bool
		pipe **usb.Pipe
	}{{usb.Bulk, true, &p.In}, {usb.Bulk, false, &p.Out}, {usb.Interrupt, true, &p.Notice}} {
		end := a.Find(e.kind, e.in)
		if end == nil {
			return nil, fmt.Errorf("%w: no endpoint for %v", usb.ErrDescriptor, e.kind)
		}
		var err error
		if *e.pipe, err = d.Open(end.Slower(d.Speed(), usbnet.NoticeEvery)); err != nil {
			return nil, err
		}
	}
	c.packet = int(p.In.Endpoint().MaxPacket)
	return usbnet.Attach(d, "smsc95xx", c, p, BoardAddr()), nil
}

// Sizes of transfers: 16 KiB each, four pages. A received burst ends a packet earlier,
// so that the empty packet behind a full one belongs to the same transfer.
const (
	transferBytes = 16 << 10
	rxTransfers   = 3
	txTransfers   = 4
	// maxChain bounds what the stack leaves to be cut into frames, 1920 bytes a part,
	// to what a transfer holds as frames with their headers.
	maxChain = 8
	maxMTU   = 1500
)

// chip is a LAN9500, or one's Ethernet function; it implements usbnet.Chip.
type chip struct {
	registers
	packet int    // bytes of a bulk packet: 512, or 64 on a full-speed bus
	mac    uint32 // MAC_CR
}

var _ usbnet.Chip = (*chip)(nil)

// Reset implements usbnet.Chip: the steps of 4.5 and the reset registers, without a
// reset of the PHY, so that the link stays.
func (c *chip) Reset() (id usbnet.Identity, err error) {
	// Out of whatever suspend state it was left in, woken up by nothing.
	if err := c.writeAll(value{regPMCtrl, pmWoken}, value{regWake, 0}); err != nil {
		return id, err
	}
	if _, err := c.await("PM_CTRL", regPMCtrl, pmSuspend|pmWakeOn, 0); err != nil {
		return id, err
	}
	if err := c.write(regHwCfg, hwLiteReset); err != nil {
		return id, err
	}
	if _, err := c.await("HW_CFG", regHwCfg, hwLiteReset, 0); err != nil {
		return id, err
	}
	id = usbnet.Identity{
		Offloads:   netdev.TxChecksum | netdev.RxChecksum | netdev.TxTSO4 | netdev.TxTSO6,
		Extras:     netdev.PromiscuousMode | netdev.MulticastFilter | netdev.HardwareAddrChange | netdev.LinkStatus,
		Rx:         usbnet.Sizes{Count: rxTransfers, Bytes: transferBytes},
		Tx:         usbnet.Sizes{Count: txTransfers, Bytes: transferBytes},
		MaxTxChain: maxChain,
		MaxMTU:     maxMTU,
	}
	id.HardwareAddr, err = c.address()
	return id, err
}

// eepromMark is the first byte of an EEPROM that has been written (5.9.1); the address
// follows it.
const eepromMark = 0xa5

// address reads the address in the EEPROM, zero if there is none.
func (c *chip) address() (a netdev.HardwareAddr, err error) {
	mark, ok, err := c.eeprom(0)
	if err != nil || !ok || mark != eepromMark {
		return a, err
	}
	for i := range a {
		if a[i], ok, err = c.eeprom(uint32(1 + i)); err != nil || !ok {
			return netdev.HardwareAddr{}, err
		}
	}
	return a, nil
}

// Start implements usbnet.Chip.
func (c *chip) Start(s *usbnet.Settings) error {
	coe := uint32(0)
	if s.Offloads&netdev.TxChecksum != 0 {
		coe |= coeTx
	}
	if s.Offloads&netdev.RxChecksum != 0 {
		coe |= coeRx
	}
	err := c.writeAll(
		value{regBurstCap, uint32(transferBytes/c.packet - 1)},
		value{regInDelay, inDelay},
		value{regHwCfg, hwNAKEmpty | hwManyFrames | hwBurstCap},
		value{regIntSts, ^uint32(0)},
		value{regLED, ledAll},
		value{regCOE, coe},
		value{regIntEp, intPHY})
	if err == nil {
		err = c.startPHY()
	}
	c.mac = macRxOn | macTxOn
	if err == nil {
		err = c.Set(s)
	}
	if err == nil {
		err = c.write(regTxCfg, txStart)
	}
	return err
}

// Set implements usbnet.Chip.
func (c *chip) Set(s *usbnet.Settings) error {
	c.mac &^= macPromisc | macAllMulti | macHashMulti
	if s.Promiscuous {
		c.mac |= macPromisc
	}
	if s.Groups == nil {
		c.mac |= macAllMulti
	} else {
		c.mac |= macHashMulti
	}
	groups := hashTable(s.Groups)
	a := s.HardwareAddr
	return c.writeAll(
		value{regHashH, uint32(groups >> 32)},
		value{regHashL, uint32(groups)},
		value{regAddrL, binary.LittleEndian.Uint32(a[:])},
		value{regAddrH, uint32(binary.LittleEndian.Uint16(a[4:]))},
		value{regMAC, c.mac})
}

// hashTable has a bit for each group: that with the number of the upper six bits of its
// CRC-32, which is sent bit 0 first and not inverted (5.5.1.2).
func hashTable(groups []netdev.HardwareAddr) (table uint64) {
	for _, g := range groups {
		table |= 1 << (bits.Reverse32(^crc32.ChecksumIEEE(g[:])) >> 26)
	}
	return table
}

// Stop implements usbnet.Chip: with an empty packet instead of NAK every transfer that
// waits ends. The receiver stays on until then; Reset turns it off.
func (c *chip) Stop() bool {
	return c.writeAll(value{regIntEp, 0}, value{regRxCfg, flushFIFO}, value{regHwCfg, hwManyFrames | hwBurstCap}) == nil
}

// Notice implements usbnet.Chip: the packet is INT_STS.
func (c *chip) Notice(packet []byte) bool {
	return len(packet) >= 4 && binary.LittleEndian.Uint32(packet)&intPHY != 0
}

// Waiting implements usbnet.Chip.
func (c *chip) Waiting() (bool, error) {
	v, err := c.read(regRxFIFO)
	return v&0xffff != 0, err
}
