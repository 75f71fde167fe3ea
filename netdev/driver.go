package netdev

import "yolk/netdev/netbuf"

// Driver is what moves packets: what a driver implements and a wrapper wraps.
// Programs use the Device on top.
//
// A Device calls the methods in the order of the states, one at a time, with
// arguments that are complete and that Info and QueueInfo allow. Link, Stats, Err
// and the setters may find bursts in progress. Stats and Err are also asked of a
// device that was never probed.
type Driver interface {
	// Probe resets and identifies the device.
	Probe() (Info, error)
	// Configure settles queues and offloads and returns the Info that holds from
	// now on.
	Configure(Config) (Info, error)
	// RxInfo and TxInfo describe a queue of a configured device.
	RxInfo(queue int) QueueInfo
	TxInfo(queue int) QueueInfo
	// ConfigureRx and ConfigureTx make a queue, once for each of a Config's.
	ConfigureRx(queue int, cfg RxConfig) (RxQueue, error)
	ConfigureTx(queue int, cfg TxConfig) (TxQueue, error)
	// Start lets packets move, interrupts off.
	Start() error
	// Restart resets a device whose burst reported Stopped and starts it again
	// as it was configured and set. What was in its queues is freed.
	Restart() error
	// Close stops the device for good, after any of the above, also one that
	// failed: buffers and memory go back, and each Wait returns. Probe may
	// follow.
	Close() error

	// The setters are called on a running device whose Info has the Feature.
	SetHardwareAddr(HardwareAddr) error
	SetPromiscuous(on bool) error
	SetMTU(mtu int) error
	SetMulticast(groups []HardwareAddr) error

	// Link returns the state of the wire. If the device says that it has given up,
	// Err says so from then on.
	Link() LinkState
	// WaitLink blocks until the link may have changed since the last WaitLink, or
	// the device was restarted or closed. Only with the feature LinkEvents; one
	// goroutine at a time, beside whatever else is called.
	WaitLink()
	// Stats adds up the counters of all queues since Configure.
	Stats() Stats
	// Err says why the device stopped by itself: nil unless it did, and again
	// after Restart. Bursts then report Stopped.
	Err() error
}

// RxQueue is a driver's receive queue. Wait and Wake apart, one goroutine at a
// time uses it.
type RxQueue interface {
	// Burst fills bufs with packets received and returns how many, with Status
	// bits More, Underrun and Stopped.
	Burst(bufs []*netbuf.Buf) (int, Status)
	// EnableInterrupt asks for an interrupt with the next packet. It returns true
	// when packets are there already: for them none may come.
	EnableInterrupt() (pending bool)
	// DisableInterrupt asks for none. One on its way may still arrive.
	DisableInterrupt()
	// Wait blocks until there was an interrupt or a Wake since the last Wait, or
	// the device was closed. It may return without a reason.
	Wait()
	// Wake ends a Wait, the next one if there is none now. Any goroutine may call
	// it while the device runs, and a moment later.
	Wake()
}

// TxQueue is a driver's transmit queue. One goroutine at a time uses it.
type TxQueue interface {
	// Burst takes packets from the front of bufs and returns how many, with
	// Status bits More and Stopped. What it took it frees, at the latest when
	// the device is closed; a packet that can never be sent is taken, counted
	// as an error and freed.
	Burst(bufs []*netbuf.Buf) (int, Status)
	// Pending frees what can be freed and returns how many packets are left in
	// the queue, with Stopped if the device is.
	Pending() (int, Status)
}

// A DoorbellQueue is a TxQueue of which the doorbell can be rung by itself, with no lock
// held: that may take longer than all else, and who sends next shall not wait for it.
type DoorbellQueue interface {
	TxQueue
	// Enter is Burst, but leaves it to the caller to Ring if ring is true.
	Enter(bufs []*netbuf.Buf) (n int, s Status, ring bool)
	// Ring has the device look at the queue. Any goroutine may call it while the device
	// runs, and a moment later.
	Ring()
}

// Fixed is embedded by drivers of devices that have nothing to set and do not tell
// when their link changes.
type Fixed struct{}

// SetHardwareAddr implements Driver.
func (Fixed) SetHardwareAddr(HardwareAddr) error { return ErrUnsupported }

// SetPromiscuous implements Driver.
func (Fixed) SetPromiscuous(bool) error { return ErrUnsupported }

// SetMTU implements Driver.
func (Fixed) SetMTU(int) error { return ErrUnsupported }

// SetMulticast implements Driver.
func (Fixed) SetMulticast([]HardwareAddr) error { return ErrUnsupported }

// WaitLink implements Driver; it is not called without the feature.
func (Fixed) WaitLink() {}
