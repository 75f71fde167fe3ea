//go:build linux

// Package netif drives network interfaces of a Linux host as netdev.Drivers: a
// tap interface, of which the program is the other end, and any interface
// through a packet socket.
//
// # How packets move
//
// A tap's queue is a file: each read or write is one packet. A packet socket
// moves up to 64 packets in one call of recvmmsg or sendmmsg, straight between
// the kernel and our buffers. The alternatives were weighed: the mapped rings of
// TPACKET_V2 and V3 save calls that the burst has already made cheap, but each
// packet is then copied twice, into the ring and out of it, since the program
// must own its buffers; AF_XDP needs a BPF program and a driver that supports it.
// This is for developing on a laptop: short first, then fast.
//
// In front of each packet stands struct virtio_net_hdr (tun(4) IFF_VNET_HDR,
// packet(7) PACKET_VNET_HDR), in the buffer's headroom: the kernel says there
// which checksums it has not completed, as between interfaces of one host, and
// we say which it shall complete.
//
// Both filter by destination address here, because a tap has no filter and a
// packet socket's is the interface's.
//
// It may import netdev and golang.org/x/sys/unix.
package netif
