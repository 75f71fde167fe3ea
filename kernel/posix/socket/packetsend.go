package socket

import (
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// Write implements file.File.
func (k *packetSocket) Write(p []byte) (int, syscall.Errno) { return k.send(vector{cur: p}, nil) }

// send sends a frame, for SOCK_DGRAM behind a link header to the station in the address, by
// its interface and protocol or those that the socket is bound to.
func (k *packetSocket) send(v vector, address []byte) (int, syscall.Errno) {
	k.mu.Lock()
	nic, protocol := k.nic, k.protocol
	k.mu.Unlock()
	var station tcpip.LinkAddress
	if len(address) > 0 {
		to, e := parseLink(address)
		if e != 0 {
			return 0, e
		}
		nic, protocol, station = to.nic, to.protocol, tcpip.LinkAddress(to.station)
	}
	f, n := k.stack.framer(nic), v.len()
	switch {
	case f == nil:
		return 0, syscall.ENXIO
	case n > maxBounce:
		return 0, syscall.EMSGSIZE
	}
	head := 0
	if !k.raw {
		head = header.EthernetMinimumSize
	}
	frame := make([]byte, head+n)
	v.take(frame[head:])
	if head > 0 {
		own := k.stack.net.NICInfo()[nic].LinkAddress
		header.Ethernet(frame).Encode(&header.EthernetFields{SrcAddr: own, DstAddr: station, Type: tcpip.NetworkProtocolNumber(protocol)})
	}
	switch mtu := int(k.stack.net.NICInfo()[nic].MTU); {
	case len(frame) < header.EthernetMinimumSize:
		return 0, syscall.EINVAL
	case len(frame) > mtu+header.EthernetMinimumSize:
		return 0, syscall.EMSGSIZE
	}
	k.stack.waitRoom()
	if !f.SendFrame(frame, k) {
		return 0, syscall.ENOBUFS
	}
	return n, 0
}
