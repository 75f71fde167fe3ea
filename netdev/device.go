package netdev

import (
	"errors"
	"fmt"
)

// Errors of device configuration, wrapped by drivers with the details.
var (
	ErrConfig  = errors.New("netdev: configuration not supported by the device")
	ErrNoQueue = errors.New("netdev: no such queue")
)

// HardwareAddr is an Ethernet (EUI-48) address.
type HardwareAddr [6]byte

// String formats the address as 52:54:00:12:34:56.
func (a HardwareAddr) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5])
}

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
	// RxTSO4 and RxTSO6: received TCP segments may be coalesced, up to 64 KiB.
	RxTSO4
	RxTSO6
	// LinkStatus: Link reports the wire's state and not merely LinkUp.
	LinkStatus
)

// Info is what a driver tells about its device. It is valid from the state
// Unconfigured on; Features shrinks to what was agreed when it is configured.
type Info struct {
	Driver       string // short name, as "virtio-net"
	MaxRxQueues  int
	MaxTxQueues  int
	MaxRxSize    int // descriptors in a receive queue, at most
	MaxTxSize    int // descriptors in a transmit queue, at most
	MaxMTU       int // bytes after the Ethernet header
	TxHeadroom   int // bytes the driver wants in front of a packet to send
	RxHeadroom   int // bytes in front of a received packet
	MaxTxChain   int // buffers a packet to send may consist of, at most
	Features     Features
	Memory       Memory // where buffers for this device must live
	HardwareAddr HardwareAddr
}

// Config chooses queues and features. The zero value is one queue pair with the
// driver's own sizes and every feature the device and driver have.
type Config struct {
	RxQueues, TxQueues int      // 0 means 1
	RxSize, TxSize     int      // descriptors, a power of two; 0: driver's choice
	RxBuffers          int      // receive buffers a queue; 0: RxSize + 64
	BufferSize         int      // bytes of each; 0: DefaultBufferSize
	Refuse             Features // features not to use though offered
}

// LinkState is the state of the wire.
type LinkState uint8

const (
	LinkUnknown LinkState = iota
	LinkUp
	LinkDown
)

// Device is a network device. Package documentation says which calls may run
// at the same time; ownership of buffers is stated at each burst.
type Device interface {
	// Probe resets and identifies the device: Unprobed to Unconfigured.
	Probe() error
	// Configure agrees on features and allocates queues and receive buffers:
	// Unconfigured to Configured.
	Configure(Config) error
	// Start lets packets move: Configured to Running. Interrupts are off.
	Start() error
	// Restart resets a Failed device and runs it again as it was configured.
	// Packets inside the device are lost. No burst may be in progress.
	Restart() error
	// Close stops the device and returns its buffers and memory: to Unprobed.
	Close() error

	State() State
	Info() Info
	HardwareAddr() HardwareAddr
	MTU() int
	Link() LinkState
	Stats() Stats

	// TxBurst queues packets (each a Buffer or a chain) and returns how many
	// were taken, always the first ones. Those belong to the driver, which
	// frees them when the device has read them; the rest stay the caller's.
	// Buffers of packets sent before are reclaimed on the way: a burst of
	// none does only that.
	TxBurst(queue int, bufs []*Buffer) int
	// RxBurst fills bufs with packets received and returns how many. They
	// belong to the caller, who must Free them (or transmit them) soon: the
	// queue's supply of buffers is limited.
	RxBurst(queue int, bufs []*Buffer) int

	// EnableInterrupt asks for an interrupt when receive queue `queue` next
	// gets a packet. It returns true when packets are there already: poll again,
	// an interrupt for them may never come.
	EnableInterrupt(queue int) bool
	// DisableInterrupt asks for none. One already on its way may still arrive.
	DisableInterrupt(queue int)
}

// Open probes, configures and starts dev.
func Open(dev Device, cfg Config) error {
	if err := dev.Probe(); err != nil {
		return err
	}
	if err := dev.Configure(cfg); err != nil {
		return err
	}
	return dev.Start()
}
