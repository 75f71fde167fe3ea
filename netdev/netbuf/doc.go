// Package netbuf holds packets: buffers with headroom and tailroom that chain,
// are shared by reference count, and carry what a device is to do to them.
//
// A buffer comes from one of four places and goes back there with its last
// owner:
//
//	pool, err := netbuf.NewPool(mem, 256, netbuf.DefaultSize, netbuf.DefaultHeadroom)
//	b := pool.Get()                              // a pool: O(1), what a packet path uses
//	b, err := netbuf.New(netbuf.Heap, 2048, 64)  // the heap, or any other Memory
//	b, err := netbuf.New(region, 2048, 64)       // a region: all freed at once
//	b := netbuf.Wrap(mine, addr, done)           // the caller's memory
//
// # Memory and bus addresses
//
// A driver programs its device with Buf.Addr, the address on the device's bus.
// It is settled once, when the memory is allocated, so the packet path looks
// nothing up. Buffers for a device must therefore come from that device's
// Memory (netdev.Info.Memory): on bare metal that is contiguous, identity-mapped
// RAM; for devices made of software it is Heap, which has no bus addresses.
//
// # Concurrency
//
// A Buf has one owner at a time; Retain makes several, who may all read and none
// write. Free may be called on any goroutine. A Pool's Get and GetBurst are for
// one goroutine at a time. Nothing here locks; after set-up only New allocates.
//
// It imports nothing but the standard library and kernel/abi/assert.
package netbuf
