package virtio

// Region is a block of device registers. Offsets are in bytes and naturally
// aligned; each call is exactly one access of the named width, in program order
// with the others. Access outside the region is a bug in the transport and
// panics. Tests implement Region to act as the device.
type Region interface {
	Len() uint32
	Read8(off uint32) uint8
	Read16(off uint32) uint16
	Read32(off uint32) uint32
	Write8(off uint32, v uint8)
	Write16(off uint32, v uint16)
	Write32(off uint32, v uint32)
}

// Memory hands out memory that the device can reach: n zeroed bytes, contiguous
// and aligned in the device's address space, and the address there. (Any
// netbuf.Memory is one.)
type Memory interface {
	Alloc(n, align int) (mem []byte, addr uint64, err error)
	Free(mem []byte, addr uint64)
}

// DeviceID is the kind of device (section 5).
type DeviceID uint32

const (
	IDNet     DeviceID = 1
	IDConsole DeviceID = 3
	IDRng     DeviceID = 4
	ID9P      DeviceID = 9
)

// Status is the device status field (2.1).
type Status uint8

const (
	StatusAcknowledge Status = 1
	StatusDriver      Status = 2
	StatusDriverOK    Status = 4
	StatusFeaturesOK  Status = 8
	StatusNeedsReset  Status = 64
	StatusFailed      Status = 128
	StatusGone        Status = 255 // what nothing at all reads as
)

// Feature is a set of feature bits, those of the device kind (0-23, 50-127) and
// the reserved ones below (2.2, 6).
type Feature uint64

const (
	FeatureAnyLayout  Feature = 1 << 27 // VIRTIO_F_ANY_LAYOUT, legacy only
	FeatureIndirect   Feature = 1 << 28 // VIRTIO_F_INDIRECT_DESC
	FeatureEventIdx   Feature = 1 << 29 // VIRTIO_F_EVENT_IDX
	FeatureVersion1   Feature = 1 << 32 // VIRTIO_F_VERSION_1
	FeatureRingPacked Feature = 1 << 34 // VIRTIO_F_RING_PACKED
)

// Interrupt is why a device raised a shared interrupt line (4.1.4.5, 4.2.2).
type Interrupt uint32

const (
	InterruptQueue  Interrupt = 1 // a queue was used
	InterruptConfig Interrupt = 2 // the device configuration changed
)

// ConfigVector stands for the configuration change interrupt where a queue
// number is asked for.
const ConfigVector = -1

// QueueAddresses are the three parts of a virtqueue as the device sees them
// (2.7; 2.8: the ring and the two event structures).
type QueueAddresses struct {
	Descriptors, Driver, Device uint64
}

// Transport is how a device is found and spoken to (section 4). Notify and
// Acknowledge may be called at any time from anywhere, the rest by one
// goroutine at a time.
type Transport interface {
	DeviceID() DeviceID
	// Legacy devices (2.2.3) predate version 1: 32 feature bits, no
	// FEATURES_OK, rings placed by page number, and of one size (MaxQueueSize).
	Legacy() bool
	// Reset writes status 0 and waits until the device has complied (2.4). The
	// device touches no queue memory after it returns without error.
	Reset() error
	Status() Status
	SetStatus(Status)
	DeviceFeatures() Feature
	SetDriverFeatures(Feature)

	// MaxQueueSize is 0 for a queue that does not exist.
	MaxQueueSize(queue int) int
	// SetupQueue tells the device where a queue is, gives it an interrupt and
	// enables it.
	SetupQueue(queue, size int, a QueueAddresses) error
	// SetupConfigInterrupt gives configuration changes (link state) an
	// interrupt, ConfigVector's. Call after Reset, before DRIVER_OK.
	SetupConfigInterrupt() error
	// Notify rings the doorbell (2.9): look at the ring of queue.
	Notify(queue int)

	// Config is the device-specific configuration space, nil when there is none.
	Config() Region
	// ConfigGeneration changes when Config has changed under a reader (2.5.2).
	ConfigGeneration() uint32
	// Acknowledge clears the causes of a line interrupt, whatever they are: the caller
	// looks for all of them afterwards. It does not allocate or block, so a top half
	// may call it. With message-signalled interrupts there is nothing to acknowledge.
	Acknowledge()
}
