package netdev

import (
	"fmt"

	"yolk/netdev/netbuf"
)

// HardwareAddr is an Ethernet (EUI-48) address.
type HardwareAddr [6]byte

// String formats the address as 52:54:00:12:34:56.
func (a HardwareAddr) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5])
}

// Multicast reports whether the address is a group's (or everybody's); no
// interface can have it as its own.
func (a HardwareAddr) Multicast() bool { return a[0]&1 != 0 }

// Features are what a device can do beyond moving frames.
type Features uint32

const (
	// TxChecksum: the device completes a ChecksumPartial packet.
	TxChecksum Features = 1 << iota
	// RxChecksum: received packets may be marked ChecksumPartial or ChecksumValid.
	RxChecksum
	// TxTSO4 and TxTSO6: the device segments TCP over IPv4 / IPv6.
	TxTSO4
	TxTSO6
	// RxTSO4 and RxTSO6: received TCP segments may come coalesced, up to 64 KiB
	// in a chain.
	RxTSO4
	RxTSO6
	// LinkStatus: Link reports the wire's state and not merely LinkUp.
	LinkStatus
	// MultiQueue: more than one queue each way.
	MultiQueue
	// PromiscuousMode, HardwareAddrChange and MTUChange: SetPromiscuous,
	// SetHardwareAddr and SetMTU work.
	PromiscuousMode
	HardwareAddrChange
	MTUChange
	// MulticastFilter: SetMulticast works.
	MulticastFilter
	// Interrupts: EnableInterrupt, Wait and RxConfig.Event work.
	Interrupts
	// LinkEvents: WaitLink works.
	LinkEvents
)

// Offloads are the features that change packets. They are used only when Config
// asks for them; the others are always there if the device has them.
const Offloads = TxChecksum | RxChecksum | TxTSO4 | TxTSO6 | RxTSO4 | RxTSO6

// Info is what a driver tells about its device. It is known from the state
// Unconfigured on and is the zero Info before.
type Info struct {
	Driver      string // short name, as "virtio-net"
	MaxRxQueues int
	MaxTxQueues int
	Paired      bool // queues come in pairs: as many receive as transmit

	// MTUs are the bytes after the Ethernet header: what the device starts
	// with, and the least and most that SetMTU takes.
	MTU, MinMTU, MaxMTU int

	TxHeadroom int // bytes the driver wants in front of a packet to send; without them it takes longer
	RxHeadroom int // bytes that a receive buffer must have in front
	IOAlign    int // alignment of buffers' memory, a power of two; netbuf's pools have 64
	MaxTxChain int // parts of a packet to send, at most

	// Features are those of device and driver together; from Configure on, those
	// in use.
	Features     Features
	Memory       netbuf.Memory // where buffers for this device must live
	HardwareAddr HardwareAddr  // the device's own; Device.HardwareAddr may differ from it
}

// QueueInfo says what sizes a queue can have, in descriptors (about: packets).
type QueueInfo struct {
	Max, Min   int
	Align      int  // a size must be a multiple of it
	PowerOfTwo bool // and a power of two
	Default    int  // the driver's choice
}

// check completes a size: 0 becomes the default.
func (q QueueInfo) check(size *int) error {
	if *size == 0 {
		*size = q.Default
	}
	n := *size
	if n < q.Min || n > q.Max || n%max(q.Align, 1) != 0 || q.PowerOfTwo && n&(n-1) != 0 {
		and := ""
		if q.PowerOfTwo {
			and = " and a power of two"
		}
		return fmt.Errorf("%w: size %d; choose %d to %d, a multiple of %d%s, or 0 for the driver's choice",
			ErrConfig, n, q.Min, q.Max, max(q.Align, 1), and)
	}
	return nil
}

// LinkState is the state of the wire.
type LinkState uint8

const (
	LinkUnknown LinkState = iota
	LinkUp
	LinkDown
)

// String names the state.
func (l LinkState) String() string {
	return [...]string{"unknown", "up", "down"}[min(l, LinkDown)]
}
