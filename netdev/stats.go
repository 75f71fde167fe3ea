package netdev

import "sync/atomic"

// Stats are counters since the device was configured. Packets and bytes count
// frames without their preamble and check sequence.
type Stats struct {
	RxPackets, RxBytes uint64
	TxPackets, TxBytes uint64
	RxErrors           uint64 // frames dropped because their metadata made no sense
	RxNoBuffer         uint64 // times a queue could not be refilled completely
	TxErrors           uint64 // packets refused by the driver (too long, bad metadata)
	TxFull             uint64 // bursts cut short by a full queue
	Kicks              uint64 // doorbell writes
	DeviceErrors       uint64 // violations of the interface by the device
	Restarts           uint64
}

// Counters is the form in which a driver keeps Stats, one for each queue: each
// field has one writer, which adds once for a burst, and any number of readers.
type Counters struct {
	RxPackets, RxBytes   atomic.Uint64
	TxPackets, TxBytes   atomic.Uint64
	RxErrors, RxNoBuffer atomic.Uint64
	TxErrors, TxFull     atomic.Uint64
	Kicks, DeviceErrors  atomic.Uint64
	Restarts             atomic.Uint64
}

// AddTo adds the counters to s.
func (c *Counters) AddTo(s *Stats) {
	s.RxPackets += c.RxPackets.Load()
	s.RxBytes += c.RxBytes.Load()
	s.TxPackets += c.TxPackets.Load()
	s.TxBytes += c.TxBytes.Load()
	s.RxErrors += c.RxErrors.Load()
	s.RxNoBuffer += c.RxNoBuffer.Load()
	s.TxErrors += c.TxErrors.Load()
	s.TxFull += c.TxFull.Load()
	s.Kicks += c.Kicks.Load()
	s.DeviceErrors += c.DeviceErrors.Load()
	s.Restarts += c.Restarts.Load()
}

// Reset sets all counters to zero.
func (c *Counters) Reset() {
	for _, n := range []*atomic.Uint64{&c.RxPackets, &c.RxBytes, &c.TxPackets, &c.TxBytes, &c.RxErrors, &c.RxNoBuffer,
		&c.TxErrors, &c.TxFull, &c.Kicks, &c.DeviceErrors, &c.Restarts} {
		n.Store(0)
	}
}
