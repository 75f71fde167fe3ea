package netbuf_test

import (
	"fmt"

	"yolk/netdev/netbuf"
)

// Headers go in front of what is there: nothing is copied.
func ExampleBuf() {
	b, err := netbuf.New(netbuf.Heap, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		fmt.Println(err)
		return
	}
	copy(b.Append(5), "hello")
	copy(b.Push(8), "[header]")
	fmt.Printf("%s, %d bytes of headroom left\n", b.Bytes(), b.Headroom())
	b.Pull(8)
	b.Trim(1)
	fmt.Printf("%s\n", b.Bytes())
	b.Free()
	// Output:
	// [header]hello, 56 bytes of headroom left
	// hell
}

// A packet may lie in several buffers, and have several owners.
func ExampleBuf_SetNext() {
	pool, err := netbuf.NewPool(netbuf.Heap, 2, 256, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	head, body := pool.Get(), pool.Get()
	copy(head.Append(7), "headers")
	copy(body.Append(5), " data")
	head.SetNext(body)
	head.Retain(1) // one more owner, who may read
	head.Free()
	fmt.Printf("%s, %d parts, %d buffers free\n", head.AppendTo(nil), head.Parts(), pool.Available())
	head.Free()
	fmt.Println(pool.Available(), "free in the end")
	// Output:
	// headers data, 2 parts, 0 buffers free
	// 2 free in the end
}

// All memory of a Region is given back at once.
func ExampleRegion() {
	region, err := netbuf.NewRegion(netbuf.Heap, 16<<10)
	if err != nil {
		fmt.Println(err)
		return
	}
	n := 0
	for {
		if _, err := netbuf.New(region, netbuf.DefaultSize, 0); err != nil {
			fmt.Println(n, "buffers:", err)
			break
		}
		n++
	}
	region.Reset()
	_, err = netbuf.New(region, netbuf.DefaultSize, 0)
	fmt.Println("again:", err)
	// Output:
	// 8 buffers: netbuf: out of device memory: 2048 bytes wanted, 0 of the region's 16384 left
	// again: <nil>
}

// What a device would complete, software can: here a sum over four bytes.
func ExampleBuf_FinishChecksum() {
	b := netbuf.Wrap([]byte{0, 0, 0, 0, 0x12, 0x34, 0, 0}, 0, nil)
	b.Offload = netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 4, CsumOffset: 2}
	fmt.Println(b.FinishChecksum())
	fmt.Printf("% x\n", b.Bytes())
	// Output:
	// true
	// 00 00 00 00 12 34 ed cb
}
