// Package netdev is the packet API: network devices that move packets in
// bursts, and the buffers they move.
//
// A device is found by number, probed, configured, started and then driven by
// bursts:
//
//	dev := netdev.Get(0)                  // or a driver's constructor
//	err := netdev.Open(dev, netdev.Config{})
//	pool, err := netdev.NewPool(dev.Info().Memory, 256, netdev.DefaultBufferSize, netdev.DefaultHeadroom)
//	n := dev.RxBurst(0, bufs[:])          // n packets, now the caller's
//	n = dev.TxBurst(0, bufs[:n])          // n of them now the driver's
//
// A network function calls the bursts in a loop and never sees an interrupt.
// A network stack polls until a burst comes back empty, calls EnableInterrupt,
// and sleeps unless that reports packets that arrived in the meantime.
//
// The package imports neither drivers nor kernel: it compiles and is tested
// under plain Linux, and any package may implement Device. The design follows
// Unikraft's uknetdev (device states, headroom announced by the driver) with
// bursts, offload metadata and reference-counted buffers from the start.
//
// # Concurrency
//
// One queue belongs to one goroutine at a time, the receive and the transmit
// side separately; different queues are independent. So the packet path holds
// no lock. State changes (Probe to Start, Restart, Close) are for one goroutine
// while no burst is in progress. Stats, State, Info and Link may be called from
// anywhere at any time.
package netdev
