package dwc2

// Core registers (CV, "Global Registers"; RM0090 35.16.2).
const (
	gAHBCFG   = 0x008 // RW
	gUSBCFG   = 0x00c // RW
	gRSTCTL   = 0x010 // RW
	gINTSTS   = 0x014 // R, some bits W1C
	gINTMSK   = 0x018 // RW
	gRXFSIZ   = 0x024 // RW depth of the receive FIFO, words
	gNPTXFSIZ = 0x028 // RW bits 16-31 depth, 0-15 start of the non-periodic transmit FIFO, words
	gSNPSID   = 0x040 // R
	gHWCFG2   = 0x048 // R
	gHWCFG3   = 0x04c // R
	gHWCFG4   = 0x050 // R
	hPTXFSIZ  = 0x100 // RW as gNPTXFSIZ, of the periodic one
)

// Host registers (CV, "Host Mode Registers"; RM0090 35.16.3).
const (
	hCFG     = 0x400 // RW
	hFIR     = 0x404 // RW bits 0-15: PHY clocks a (micro)frame
	hFNUM    = 0x408 // R bits 0-15: (micro)frame number
	hAINT    = 0x414 // R a bit for each channel
	hAINTMSK = 0x418 // RW
	hPRT     = 0x440 // RW, some bits W1C

	hc       = 0x500 // channel 0's registers; 0x20 bytes a channel
	hcStride = 0x20

	pcgCCTL = 0xe00 // RW gates clocks
)

// A channel's registers.
const (
	hcCHAR   = 0x00 // RW
	hcSPLT   = 0x04 // RW
	hcINT    = 0x08 // W1C
	hcINTMSK = 0x0c // RW
	hcTSIZ   = 0x10 // RW
	hcDMA    = 0x14 // RW address of the next byte
)

// GAHBCFG. BCM2835 15.2 gives bits 1-4, a burst length elsewhere, a meaning of its own.
const (
	ahbInterrupts = 1 << 0
	ahbWaitAXI    = 1 << 4 // interrupt when the data written is in memory, not before
	ahbDMA        = 1 << 5
)

// GUSBCFG.
const (
	usbPHY16       = 1 << 3 // UTMI+ of 16 bits
	usbULPI        = 1 << 4 // instead of UTMI+
	usbSerial      = 1 << 6 // full-speed PHY
	usbSRP         = 1 << 8
	usbHNP         = 1 << 9
	usbTurn        = 0xf << 10 // turnaround time in PHY clocks
	usbTurn8       = 9 << 10   // for 8 bits
	usbTurn16      = 5 << 10   // for 16 bits
	usbForceHost   = 1 << 29
	usbForceDevice = 1 << 30
)

// GRSTCTL.
const (
	rstCore    = 1 << 0 // clears itself
	rstRxFIFO  = 1 << 4 // clears itself
	rstTxFIFO  = 1 << 5 // clears itself
	rstAllTx   = 0x10 << 6
	rstAHBIdle = 1 << 31
)

// GINTSTS and GINTMSK.
const (
	intHost       = 1 << 0  // R the core is a host
	intPort       = 1 << 24 // R until HPRT's causes are cleared
	intChannel    = 1 << 25 // R until HCINT's causes are cleared
	intDisconnect = 1 << 29 // W1C
)

// GHWCFG2.
const (
	hw2Architecture = 3 << 3
	hw2DMA          = 2 << 3 // internal DMA
	hw2Channels     = 14     // bits 14-17: number of host channels, less one
)

// GHWCFG3: bits 0-3 width of the transfer size counter less 11, 4-6 that of the packet
// counter less 4, 16-31 words of FIFO memory. GHWCFG4: bits 14-15 UTMI+ width.
const (
	hw4UTMI   = 3 << 14
	hw4UTMI16 = 1 << 14 // 16 bits only
)

// HPRT.
const (
	prtConnected     = 1 << 0 // R
	prtConnectDetect = 1 << 1 // W1C
	prtEnabled       = 1 << 2 // W1C: writing 1 disables the port
	prtEnableChange  = 1 << 3 // W1C
	prtOverCurrent   = 1 << 4 // R
	prtOverChange    = 1 << 5 // W1C
	prtReset         = 1 << 8
	prtPower         = 1 << 12
	prtSpeed         = 17 // bits 17-18: 0 high, 1 full, 2 low

	prtChanges = prtConnectDetect | prtEnableChange | prtOverChange
)

// HCCHAR: bits 0-10 packet size, 11-14 endpoint, 18-19 type, 20-21 packets a microframe,
// 22-28 device.
const (
	charEndpoint = 11
	charIn       = 1 << 15
	charLow      = 1 << 17
	charType     = 18
	charMulti    = 20
	charDevice   = 22
	charOdd      = 1 << 29 // periodic: in an odd (micro)frame
	charDisable  = 1 << 30
	charEnable   = 1 << 31
)

// HCSPLT: bits 0-6 the hub's port, 7-13 the hub.
const (
	spltHub      = 7
	spltAll      = 3 << 14 // all of a packet at a time
	spltComplete = 1 << 16
	spltEnable   = 1 << 31
)

// causes are HCINT's and HCINTMSK's bits.
type causes uint32

const (
	causeDone     causes = 1 << 0 // the transfer, or all of it that was programmed
	causeHalted   causes = 1 << 1 // the channel may be used again
	causeAHB      causes = 1 << 2 // the memory was not there
	causeSTALL    causes = 1 << 3
	causeNAK      causes = 1 << 4
	causeACK      causes = 1 << 5
	causeNYET     causes = 1 << 6
	causeError    causes = 1 << 7 // CRC, timeout, bit stuffing, false end
	causeBabble   causes = 1 << 8
	causeOverrun  causes = 1 << 9 // its (micro)frame has gone by
	causeToggle   causes = 1 << 10
	causeEvery    causes = 1<<11 - 1
	causeListened        = causeHalted | causeAHB
)

// HCTSIZ: bits 0-18 bytes, 19-28 packets, 29-30 PID.
const (
	tsizBytes   = 1<<19 - 1
	tsizPackets = 19
	tsizPacket  = 1<<10 - 1
	tsizPID     = 29
)

// A pid is the PID of a channel's next data packet.
type pid uint32

const (
	data0    pid = 0
	data1    pid = 2
	pidSetup pid = 3
)
