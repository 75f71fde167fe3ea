// Package netdev is the packet API: network devices that move packets in
// bursts, in the buffers of package netbuf.
//
// A device is found by number and taken through its states, one call each:
//
//	dev := netdev.Get(0)                          // unprobed
//	err := dev.Probe()                            // unconfigured: Info is known
//	err = dev.Configure(netdev.Config{})          // configured: so many queues, such offloads
//	err = dev.ConfigureRx(0, netdev.RxConfig{})   //   and each queue
//	err = dev.ConfigureTx(0, netdev.TxConfig{})
//	err = dev.Start()                             // running
//
// or through all of them at once, with dev.Open. Then it is driven by bursts:
//
//	n, _ := dev.RxBurst(0, bufs[:])               // n packets, now the caller's
//	sent, _ := dev.TxBurst(0, bufs[:n])           // so many of them now the driver's
//	netbuf.FreeBurst(bufs[sent:n])                // the rest is still the caller's
//
// A network function calls the bursts in a loop and never sees an interrupt. A
// network stack polls until a burst comes back empty, enables the interrupt, and
// waits unless packets have arrived in the meantime:
//
//	if pending, err := dev.EnableInterrupt(0); err == nil && !pending {
//		err = dev.Wait(0)                     // an error: the device was closed
//	}
//	dev.DisableInterrupt(0)
//
// WaitFor is a Wait with an end, Wake ends one from elsewhere, and WaitLink waits
// for the wire instead of packets. Before Close, TxPending tells when all that was
// sent has left. Who sends with a lock held, for which others wait, does it by TxEnter,
// and rings the doorbell by TxRing when the lock is free.
//
// Device is what programs use: it knows the states, checks every argument and
// does what all drivers need. Driver is what a driver implements: it is called
// in the right order with complete arguments and does no checking of its own.
// Wrappers (capture, trace, delay, loss: package wrap) are Drivers around a
// Driver, put on a device by Device.Wrap.
//
// The package imports neither drivers nor kernel, but for assertions: it compiles and is tested
// under plain Linux. The design follows Unikraft's uknetdev (states, headroom
// announced by the driver, receive-buffer callback, status bits) with bursts,
// offload metadata and reference-counted buffers from the start.
//
// # Concurrency
//
// One queue belongs to one goroutine at a time, the receive and the transmit
// side separately; different queues are independent. So the packet path holds
// no lock: a burst is one check of the state and one call through an interface.
//
// Control calls (Probe to Close, SetMTU, Stats and the like) may come from any
// goroutine at any time; they are done one after the other, so a callback of
// the device's must not make one. Only Restart and Close must find no burst in
// progress. State, Info, Err, MTU and HardwareAddr wait for nothing; Wait, WaitFor
// and WaitLink keep nothing else from being called, and Close ends them.
package netdev
