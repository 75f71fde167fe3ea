package net

import (
	"yolk/drivers/virtio"
	"yolk/netdev"
)

// Feature bits of a network device (5.1.3).
const (
	featCsum      virtio.Feature = 1 << 0  // VIRTIO_NET_F_CSUM
	featGuestCsum virtio.Feature = 1 << 1  // VIRTIO_NET_F_GUEST_CSUM
	featMTU       virtio.Feature = 1 << 3  // VIRTIO_NET_F_MTU
	featMAC       virtio.Feature = 1 << 5  // VIRTIO_NET_F_MAC
	featGuestTSO4 virtio.Feature = 1 << 7  // VIRTIO_NET_F_GUEST_TSO4
	featGuestTSO6 virtio.Feature = 1 << 8  // VIRTIO_NET_F_GUEST_TSO6
	featHostTSO4  virtio.Feature = 1 << 11 // VIRTIO_NET_F_HOST_TSO4
	featHostTSO6  virtio.Feature = 1 << 12 // VIRTIO_NET_F_HOST_TSO6
	featMrgRxbuf  virtio.Feature = 1 << 15 // VIRTIO_NET_F_MRG_RXBUF
	featStatus    virtio.Feature = 1 << 16 // VIRTIO_NET_F_STATUS
	featCtrl      virtio.Feature = 1 << 17 // VIRTIO_NET_F_CTRL_VQ
	featCtrlRx    virtio.Feature = 1 << 18 // VIRTIO_NET_F_CTRL_RX
	featMQ        virtio.Feature = 1 << 22 // VIRTIO_NET_F_MQ
	featCtrlMAC   virtio.Feature = 1 << 23 // VIRTIO_NET_F_CTRL_MAC_ADDR
)

// basics are used whenever offered.
const basics = virtio.FeatureVersion1 | virtio.FeatureEventIdx | virtio.FeatureIndirect | virtio.FeatureRingPacked |
	virtio.FeatureAnyLayout | featMTU | featMAC | featMrgRxbuf | featStatus | featCtrl | featCtrlRx | featCtrlMAC | featMQ

// optional maps what a user can refuse to the feature bits behind it.
var optional = []struct {
	netdev netdev.Features
	virtio virtio.Feature
}{
	{netdev.TxChecksum, featCsum},
	{netdev.RxChecksum, featGuestCsum},
	{netdev.TxTSO4, featHostTSO4},
	{netdev.TxTSO6, featHostTSO6},
	{netdev.RxTSO4, featGuestTSO4},
	{netdev.RxTSO6, featGuestTSO6},
}

// always maps what is not optional.
var always = []struct {
	netdev netdev.Features
	virtio virtio.Feature
}{
	{netdev.LinkStatus, featStatus},
	{netdev.MultiQueue, featMQ},
	{netdev.PromiscuousMode, featCtrlRx},
	{netdev.HardwareAddrChange, featCtrlMAC},
	{netdev.MTUChange, 0},
}

// choose returns the features to use of those on offer, without the refused
// ones, respecting the requirements in 5.1.3.1. Coalesced receive additionally
// needs mergeable buffers here: without them each buffer would have to hold
// 64 KiB.
func choose(offer virtio.Feature, refuse netdev.Features) virtio.Feature {
	f := offer & basics
	for _, o := range optional {
		if refuse&o.netdev == 0 {
			f |= offer & o.virtio
		}
	}
	if f&featCtrl == 0 {
		f &^= featCtrlRx | featCtrlMAC | featMQ
	}
	if f&featCsum == 0 {
		f &^= featHostTSO4 | featHostTSO6
	}
	if f&featGuestCsum == 0 || f&featMrgRxbuf == 0 {
		f &^= featGuestTSO4 | featGuestTSO6
	}
	return f
}

// describe translates feature bits for netdev.Info.
func (d *Device) describe(f virtio.Feature) netdev.Features {
	var n netdev.Features
	for _, o := range optional {
		if f&o.virtio != 0 {
			n |= o.netdev
		}
	}
	for _, a := range always {
		if f&a.virtio == a.virtio {
			n |= a.netdev
		}
	}
	if d.t.Legacy() && f&featMAC != 0 {
		n |= netdev.HardwareAddrChange
	}
	if d.irq != nil {
		n |= netdev.Interrupts
		if f&featStatus != 0 {
			n |= netdev.LinkEvents
		}
	}
	return n
}

// Device configuration (5.1.4).
const (
	cfgMAC    = 0  // 6 bytes, featMAC
	cfgStatus = 6  // 16, featStatus
	cfgPairs  = 8  // 16, featMQ
	cfgMTU    = 10 // 16, featMTU

	linkUpBit = 1 // VIRTIO_NET_S_LINK_UP
)

// configBytes is how much of the configuration the features promise.
func configBytes(f virtio.Feature) uint32 {
	switch {
	case f&featMTU != 0:
		return cfgMTU + 2
	case f&featMQ != 0:
		return cfgPairs + 2
	case f&featStatus != 0:
		return cfgStatus + 2
	case f&featMAC != 0:
		return cfgMAC + 6
	}
	return 0
}
