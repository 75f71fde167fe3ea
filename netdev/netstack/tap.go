package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/netdev/netbuf"
)

// A Tap sees each frame that the device has received, before the stack or an Answer does,
// and each that is sent, when it is given to the device: checksums and division are left to
// that, as Offload says. It owns frame. kind says what the frame is to this station. from is
// what SendFrame was given, nil for what the stack sends and for what comes. It is called with
// locks of the endpoint held, by several goroutines at once: it must not send, nor wait. What it costs is a copy of each frame.
type Tap = func(frame []byte, kind tcpip.PacketType, from any)

// SetTap has t see all frames from now on; nil ends that.
func (e *Endpoint) SetTap(t Tap) {
	if t == nil {
		e.tap.Store(nil)
		return
	}
	e.tap.Store(&t)
}

// SetPromiscuous has a device that can deliver the frames for other stations as well, which
// a Tap then sees. It returns the device's error (see [netdev.Device.SetPromiscuous]).
func (e *Endpoint) SetPromiscuous(on bool) error { return e.dev.SetPromiscuous(on) }

// SendFrame sends a frame, link header included, and reports false when there is no room for
// it, or it is longer than the MTU allows. from goes to the Tap.
func (e *Endpoint) SendFrame(frame []byte, from any) bool {
	t := &e.lanes[0].tx
	if len(frame) > int(e.mtu.Load())+header.EthernetMinimumSize {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.left() > 0 {
		return false
	}
	parts := t.takeFor(len(frame))
	if parts == nil {
		return false
	}
	pour(parts, 0, frame)
	t.from = from
	t.add(parts[0], len(frame))
	t.from = nil
	if !t.push() {
		t.startDrain()
	}
	return true
}

// copyOf is a frame's bytes.
func copyOf(b *netbuf.Buf) []byte {
	frame := make([]byte, 0, b.PacketLen())
	for ; b != nil; b = b.Next() {
		frame = append(frame, b.Bytes()...)
	}
	return frame
}

// received shows a burst to the tap.
func (e *Endpoint) received(tap Tap, bufs []*netbuf.Buf) {
	for _, b := range bufs {
		if frame := copyOf(b); len(frame) >= header.EthernetMinimumSize {
			tap(frame, e.kindOf(frame), nil)
		}
	}
}

// kindOf says what a frame is to this station, by its destination.
func (e *Endpoint) kindOf(frame []byte) tcpip.PacketType {
	switch dst := frame[:header.EthernetAddressSize]; {
	case string(dst) == string(*e.addr.Load()):
		return tcpip.PacketHost
	case string(dst) == string(header.EthernetBroadcastAddress):
		return tcpip.PacketBroadcast
	case dst[0]&1 != 0: // group bit: multicast
		return tcpip.PacketMulticast
	}
	return tcpip.PacketOtherHost
}
