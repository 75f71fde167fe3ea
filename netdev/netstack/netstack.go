// Package netstack connects gVisor's network stack to a netdev.Device: an
// Ethernet link endpoint that the stack sends through, and a goroutine for each of
// the device's receive queues that delivers what comes in it.
//
// Each frame is copied once in each direction, between device memory and
// gVisor's pooled views. Large TCP segments cross as one packet both ways where
// the device has segmentation offload, which then reads them in gVisor's memory.
package netstack

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/netdev"
)

const (
	burst = 32
	// budget is how many packets the receiver delivers before it lets other
	// goroutines run.
	budget = 4 * burst
	// txBuffers is the supply of transmit buffers: half a megabyte.
	txBuffers = 256
	// maxGSO bounds a segment given to the device: an IPv4 packet's length field
	// has 16 bits.
	maxGSO = 65535
)

// Stats counts packets at the endpoint; the device's own counters are its Stats.
type Stats struct {
	RxPackets, RxBytes uint64
	RxForeign          uint64 // frames for other stations, or too short
	TxPackets, TxBytes uint64
	TxWaited           uint64 // packets that waited in the backlog
	TxDropped          uint64 // packets for which there was no room in it, or that the device did not read
	Wakeups            uint64 // times the receiver slept and was woken
	Restarts           uint64 // times a failed device was reset
}

// Endpoint is a stack.LinkEndpoint with stack.GSOEndpoint. WritePackets is safe
// for concurrent use.
type Endpoint struct {
	dev     *netdev.Device
	gso     stack.SupportedGSO
	gsoSize uint32
	mtu     atomic.Uint32
	addr    atomic.Pointer[tcpip.LinkAddress]
	lanes   []*lane // one at least

	vouched atomic.Bool // see Capabilities
	closed  atomic.Bool
	started sync.Once
	done    sync.WaitGroup
	onClose func()

	answer atomic.Pointer[Answer]
	tap    atomic.Pointer[Tap]

	polling  sync.RWMutex // shared by the receivers that are awake
	retryAt  time.Time    // no restart before; set with polling alone
	backoff  time.Duration
	retrying atomic.Bool // a retry is scheduled
	restarts atomic.Uint64
}

var (
	_ stack.LinkEndpoint       = (*Endpoint)(nil)
	_ stack.GSOEndpoint        = (*Endpoint)(nil)
	_ stack.QueueingDiscipline = (*Endpoint)(nil)
)

// New returns an endpoint over the queues of dev, which is running, has as many to
// send as to receive, and interrupts, and from now on belongs to the endpoint.
func New(dev *netdev.Device) (*Endpoint, error) {
	if err := dev.Err(); err != nil {
		return nil, err
	}
	info := dev.Info()
	if info.Features&netdev.Interrupts == 0 {
		return nil, fmt.Errorf("%w: %s: a network stack needs a device with interrupts", netdev.ErrUnsupported, dev.Name())
	}
	e := &Endpoint{dev: dev, gso: stack.GVisorGSOSupported}
	const tso = netdev.TxChecksum | netdev.TxTSO4 | netdev.TxTSO6
	if info.Features&tso == tso && info.MaxTxChain > 1 {
		e.gso = stack.HostGSOSupported
	}
	hw := dev.HardwareAddr()
	a := tcpip.LinkAddress(string(hw[:]))
	e.addr.Store(&a)
	e.mtu.Store(uint32(dev.MTU()))
	e.gsoSize = uint32(min(maxGSO, (min(info.MaxTxChain, txBuffers/2)-1)*segment))
	rx, tx := dev.Queues()
	for i := range min(rx, tx) {
		l, err := newLane(e, i, info)
		if err != nil {
			return nil, err
		}
		e.lanes = append(e.lanes, l)
	}
	return e, nil
}

// Stats returns the endpoint's counters.
func (e *Endpoint) Stats() Stats {
	s := Stats{Restarts: e.restarts.Load()}
	for _, l := range e.lanes {
		s.RxPackets += l.rxPackets.Load()
		s.RxBytes += l.rxBytes.Load()
		s.RxForeign += l.rxForeign.Load()
		s.TxPackets += l.tx.packets.Load()
		s.TxBytes += l.tx.bytes.Load()
		s.TxWaited += l.tx.waited.Load()
		s.TxDropped += l.tx.dropped.Load()
		s.Wakeups += l.wakeups.Load()
	}
	return s
}

// Device returns the device underneath, for its Stats and Link.
func (e *Endpoint) Device() *netdev.Device { return e.dev }

// Attach implements stack.LinkEndpoint: the first dispatcher starts the receivers.
func (e *Endpoint) Attach(d stack.NetworkDispatcher) {
	for _, l := range e.lanes {
		if d == nil {
			l.up.Store(nil)
		} else {
			l.up.Store(newUpcall(d))
		}
	}
	if d != nil {
		e.started.Do(func() {
			for _, l := range e.lanes {
				e.begin(l.receive)
			}
		})
	}
}

// begin runs f on a goroutine of the kernel's, which done counts. WaitGroup.Go's are the
// program's: whose a goroutine is goes by who began it (boot/overlay/files/goroutines_yolk.go.txt).
func (e *Endpoint) begin(f func()) {
	e.done.Add(1)
	go func() {
		defer e.done.Done()
		f()
	}()
}

// IsAttached implements stack.LinkEndpoint.
func (e *Endpoint) IsAttached() bool { return e.lanes[0].up.Load() != nil }

// Close implements stack.LinkEndpoint: it closes the device, in the background
// because a receiver may be delivering to whoever closes. Wait returns when that is
// done and the receivers have stopped.
func (e *Endpoint) Close() {
	if e.closed.Swap(true) {
		return
	}
	if e.onClose != nil {
		e.onClose()
	}
	e.begin(func() {
		e.polling.Lock()
		defer e.polling.Unlock()
		e.lockSenders(nil)
		defer e.unlockSenders(nil)
		e.dev.Close() // what is left of a device that does not stop is out of reach
		for _, l := range e.lanes {
			l.tx.close()
		}
	})
}

// SetOnCloseAction implements stack.LinkEndpoint.
func (e *Endpoint) SetOnCloseAction(f func()) { e.onClose = f }

// Wait implements stack.LinkEndpoint: it returns when the receivers have stopped
// and the device is closed.
func (e *Endpoint) Wait() { e.done.Wait() }

// MTU implements stack.LinkEndpoint: bytes after the Ethernet header.
func (e *Endpoint) MTU() uint32 { return e.mtu.Load() }

// SetMTU implements stack.LinkEndpoint.
func (e *Endpoint) SetMTU(mtu uint32) { e.mtu.Store(mtu) }

// LinkAddress implements stack.LinkEndpoint.
func (e *Endpoint) LinkAddress() tcpip.LinkAddress { return *e.addr.Load() }

// SetLinkAddress implements stack.LinkEndpoint.
func (e *Endpoint) SetLinkAddress(a tcpip.LinkAddress) { e.addr.Store(&a) }

// MaxHeaderLength implements stack.LinkEndpoint.
func (e *Endpoint) MaxHeaderLength() uint16 { return header.EthernetMinimumSize }

// ARPHardwareType implements stack.LinkEndpoint.
func (e *Endpoint) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }

// Capabilities implements stack.LinkEndpoint.
//
// The stack skips verifying a received packet's checksums if RXChecksumOffload
// is set at the moment the packet is delivered. A device vouches for single
// packets (a virtio device marks most, but not those that came off a wire
// unverified), so a receiver that is the only one, and delivers one packet at a
// time, sets vouched for each (see vouchable). The stack that images have believes
// what each packet says of itself (boot/overlay), which serves any number of them.
//
// TXChecksumOffload is never set: with it gVisor sends UDP and TCP SYN and RST
// segments with no checksum at all, not even a partial one. TCP data gets its
// partial checksum through GSO instead, and the rest is small.
func (e *Endpoint) Capabilities() stack.LinkEndpointCapabilities {
	c := stack.CapabilityResolutionRequired
	if e.vouched.Load() {
		c |= stack.CapabilityRXChecksumOffload
	}
	return c
}

// SupportedGSO implements stack.GSOEndpoint: by the device if it can do it for
// both IP versions (gVisor does not distinguish), else in software.
func (e *Endpoint) SupportedGSO() stack.SupportedGSO { return e.gso }

// GSOMaxSize implements stack.GSOEndpoint.
func (e *Endpoint) GSOMaxSize() uint32 { return e.gsoSize }

// AddHeader implements stack.LinkEndpoint.
func (e *Endpoint) AddHeader(pkt *stack.PacketBuffer) {
	src := pkt.EgressRoute.LocalLinkAddress
	if len(src) == 0 {
		src = e.LinkAddress()
	}
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: src,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.LinkEndpoint.
func (e *Endpoint) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return ok
}
