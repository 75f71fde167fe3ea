package smsc95xx

// A csr is the address of a system control and status register (7.3) or one of the
// MAC's (7.4).
type csr uint16

const (
	regIntSts   csr = 0x08  // INT_STS, W1C
	regRxCfg    csr = 0x0c  // RX_CFG, RW
	regTxCfg    csr = 0x10  // TX_CFG, RW
	regHwCfg    csr = 0x14  // HW_CFG, RW
	regRxFIFO   csr = 0x18  // RX_FIFO_INF, R
	regPMCtrl   csr = 0x20  // PM_CTRL, RW
	regLED      csr = 0x24  // LED_GPIO_CFG, RW
	regAFC      csr = 0x2c  // AFC_CFG, RW
	regE2PCmd   csr = 0x30  // E2P_CMD, RW
	regE2PData  csr = 0x34  // E2P_DATA, RW
	regBurstCap csr = 0x38  // BURST_CAP, RW: in packets of the bus's size
	regIntEp    csr = 0x68  // INT_EP_CTL, RW: bits as in INT_STS
	regInDelay  csr = 0x6c  // BULK_IN_DLY, RW: in units of 16.7 ns
	regMAC      csr = 0x100 // MAC_CR, RW
	regAddrH    csr = 0x104 // ADDRH, RW
	regAddrL    csr = 0x108 // ADDRL, RW
	regHashH    csr = 0x10c // HASHH, RW
	regHashL    csr = 0x110 // HASHL, RW
	regMIIAddr  csr = 0x114 // MII_ADDR, RW
	regMIIData  csr = 0x118 // MII_DATA, RW
	regFlow     csr = 0x11c // FLOW, RW
	regWake     csr = 0x12c // WUCSR, RW
	regCOE      csr = 0x130 // COE_CR, RW
)

// Bits of the system registers.
const (
	intPHY uint32 = 1 << 15 // INT_STS, INT_EP_CTL: the PHY has something to tell

	flushFIFO uint32 = 1 << 0 // RX_CFG, TX_CFG: clears itself
	txStart   uint32 = 1 << 2 // TX_CFG: on

	hwLiteReset  uint32 = 1 << 3  // HW_CFG: clears itself; the PHY is not reset
	hwManyFrames uint32 = 1 << 5  // MEF
	hwBurstCap   uint32 = 1 << 1  // BCE
	hwNAKEmpty   uint32 = 1 << 12 // BIR: an empty FIFO answers NAK, and not an empty packet

	pmSuspend uint32 = 3 << 5 // PM_CTRL; not all of the chips have READY, bit 7
	pmWakeOn  uint32 = 3 << 2 // WOL_EN and ED_EN
	pmWoken   uint32 = 3 << 0 // W1C

	ledAll uint32 = 1<<24 | 1<<20 | 1<<16 // speed, link and duplex instead of GPIOs

	e2pBusy    uint32 = 1 << 31 // E2P_CMD
	e2pTimeout uint32 = 1 << 10
)

// Bits of the MAC's.
const (
	macRxOn       uint32 = 1 << 2
	macTxOn       uint32 = 1 << 3
	macFullDuplex uint32 = 1 << 20
	macNoOwn      uint32 = 1 << 23 // RCVOWN: half duplex does not receive what it sends
	macHashMulti  uint32 = 1 << 13 // HPFILT: multicasts by the hash table
	macPromisc    uint32 = 1 << 18
	macAllMulti   uint32 = 1 << 19

	miiBusy  uint32 = 1 << 0
	miiWrite uint32 = 1 << 1

	coeTx uint32 = 1 << 16
	coeRx uint32 = 1 << 0
)

// Values that the LAN9500's makers recommend for full duplex, as in every driver: when
// PAUSE is sent, in units of the receive FIFO (7.3.11), and what FLOW holds to send and
// obey it.
const (
	afcLevels  = 0x00f830a1
	afcPause   = 0xf // for frames of any kind
	flowPause  = 0xffff0002
	inDelay    = 0x2000 // 137 us for a burst to become longer
	phyAddress = 1      // of the internal PHY
)

// The PHY's registers (IEEE 802.3 22.2.4; 29 and 30 are the chip's own).
const (
	phyBMCR       = 0
	phyBMSR       = 1 // the link bit is low once after the link was
	phyAdvertise  = 4
	phyPartner    = 5
	phyIntSource  = 29 // reading clears it
	phyIntMask    = 30
	bmcrNegotiate = 1<<12 | 1<<9 // on, and begin
	bmcrPowerDown = 1 << 11
	bmsrLink      = 1 << 2
	bmsrDone      = 1 << 5

	abilities = 1<<8 | 1<<7 | 1<<6 | 1<<5 | 1 // 100 and 10, full and half duplex, IEEE 802.3
	pauseBoth = 1 << 10
	pause     = pauseBoth | 1<<11 // symmetric and not
	full100   = 1 << 8
	half100   = 1 << 7
	full10    = 1 << 6

	phyIntLink = 1<<7 | 1<<6 | 1<<4 // energy, negotiated, link down
)
