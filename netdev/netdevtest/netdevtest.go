// Package netdevtest is what every network driver must pass: a suite of tests
// over a Driver and the other end of its cable. To run it on a driver, write
//
//	func TestConformance(t *testing.T) {
//		netdevtest.Run(t, func(t *testing.T) netdevtest.Subject { ... })
//	}
//
// Tests of what a device does not announce in Info.Features are skipped. What
// only a lying device can provoke (Stopped, Restart) is for the driver's own
// tests.
//
// It may import netdev and netdev/netbuf, and is for tests only.
package netdevtest

import (
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Subject is a driver under test.
type Subject struct {
	Driver netdev.Driver // unprobed
	// Wire is the other end of the cable; nil for a device that receives what it
	// sends itself.
	Wire Wire
	// SetLink pulls the cable and puts it back in; nil where nobody can.
	SetLink func(up bool)
}

// Wire is the other end of a driver's cable. One goroutine at a time uses it,
// not always the same, and while another uses the driver.
type Wire interface {
	// Send offers the device a frame. It returns false when there is no room
	// now; the device need not have taken the frame when it returns true.
	Send(frame []byte) bool
	// Receive returns a frame that the device has sent, its checksum completed,
	// valid until the next call, or false when none has arrived yet.
	Receive() ([]byte, bool)
}

// Run runs the suite; subject makes a new driver for each test of it and cleans
// up after it with t.Cleanup. Tests run at the same time as others of the suite; the
// test that calls Run must not be parallel itself.
func Run(t *testing.T, subject func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(*rig)
	}{
		{"Info", testInfo},
		{"States", testStates},
		{"Reopen", testReopen},
		{"QueueSizes", testQueueSizes},
		{"SendSizes", testSendSizes},
		{"SendBursts", testSendBursts},
		{"SendChains", testSendChains},
		{"SendPending", testSendPending},
		{"SendShared", testSendShared},
		{"SendRefused", testSendRefused},
		{"SendChecksum", testSendChecksum},
		{"ReceiveSizes", testReceiveSizes},
		{"ReceiveBursts", testReceiveBursts},
		{"ReceiveAlloc", testReceiveAlloc},
		{"Underrun", testUnderrun},
		{"OnePacket", testOnePacket},
		{"Parallel", testParallel},
		{"Interrupts", testInterrupts},
		{"NoLostWakeup", testNoLostWakeup},
		{"Wake", testWake},
		{"Events", testEvents},
		{"Link", testLink},
		{"Stats", testStats},
		{"CloseInFlight", testCloseInFlight},
		{"Promiscuous", testPromiscuous},
		{"Multicast", testMulticast},
		{"HardwareAddr", testHardwareAddr},
		{"MTU", testMTU},
		{noAllocations, testNoAllocations},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name != noAllocations { // which counts those of the whole process
				t.Parallel()
			}
			s := subject(t)
			r := &rig{T: t, dev: netdev.New(s.Driver), wire: s.Wire, setLink: s.SetLink}
			if r.wire == nil {
				r.wire, r.loop = Peer(r.dev), true
			}
			t.Cleanup(func() { r.dev.Close() }) // one that is closed already says so
			c.test(r)
		})
	}
}

const noAllocations = "NoAllocations"

// Peer is the wire of a device whose cable ends in another device, which runs
// and is promiscuous.
func Peer(dev *netdev.Device) Wire { return &peer{dev: dev} }

type peer struct {
	dev  *netdev.Device
	pool *netbuf.Pool
	last []byte
}

// Send implements Wire.
func (p *peer) Send(f []byte) bool {
	if p.pool == nil {
		var err error
		if p.pool, err = netbuf.NewPool(p.dev.Info().Memory, poolSize, netbuf.DefaultSize, netbuf.DefaultHeadroom); err != nil {
			panic(err)
		}
	}
	b := p.pool.Get()
	if b == nil {
		return false
	}
	copy(b.Append(len(f)), f)
	if p.dev.TxOne(0, b)&netdev.Success == 0 {
		b.Free()
		return false
	}
	return true
}

// Receive implements Wire.
func (p *peer) Receive() ([]byte, bool) {
	b, s := p.dev.RxOne(0)
	if s&netdev.Success == 0 {
		return nil, false
	}
	p.last = b.AppendTo(p.last[:0])
	b.Free()
	return p.last, true
}
