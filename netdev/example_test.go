package netdev_test

import (
	"fmt"
	"os"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
	"yolk/netdev/wrap"
)

// frame is a packet of 60 bytes to everybody, which carries a number.
func frame(pool *netbuf.Pool, n byte) *netbuf.Buf {
	b := pool.Get()
	copy(b.Append(60), "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5")
	b.Bytes()[59] = n
	return b
}

// A device goes from found to running, and then moves bursts. This one gives back
// what it is sent; netdev.Get(0) is the first that the machine has.
func ExampleDevice() {
	dev := netdev.New(pipe.Loopback())
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	pool, err := netbuf.NewPool(dev.Info().Memory, 64, netbuf.DefaultSize, dev.Info().TxHeadroom)
	if err != nil {
		fmt.Println(err)
		return
	}
	bufs := []*netbuf.Buf{frame(pool, 1), frame(pool, 2), frame(pool, 3)}
	sent, _ := dev.TxBurst(0, bufs)
	netbuf.FreeBurst(bufs[sent:]) // what the driver did not take is still ours
	var got [32]*netbuf.Buf
	n, _ := dev.RxBurst(0, got[:])
	for _, b := range got[:n] {
		fmt.Println("packet", b.Bytes()[59], "of", b.PacketLen(), "bytes")
	}
	netbuf.FreeBurst(got[:n])
	fmt.Println(dev.State(), dev.Stats().RxPackets)
	// Output:
	// packet 1 of 60 bytes
	// packet 2 of 60 bytes
	// packet 3 of 60 bytes
	// running 3
}

// A goroutine that does not want to poll for ever enables the interrupt when a burst
// comes back empty, looks whether a packet came meanwhile, and waits.
func ExampleDevice_Wait() {
	near, far := pipe.New()
	dev, peer := netdev.New(near), netdev.New(far)
	for _, d := range []*netdev.Device{dev, peer} {
		if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
			fmt.Println(err)
			return
		}
		defer d.Close()
	}
	pool, _ := netbuf.NewPool(netbuf.Heap, 8, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	go func() { peer.TxOne(0, frame(pool, 7)) }()
	for {
		if b, _ := dev.RxOne(0); b != nil {
			fmt.Println("packet", b.Bytes()[59])
			b.Free()
			return
		}
		if pending, err := dev.EnableInterrupt(0); err == nil && !pending {
			dev.Wait(0)
		}
		dev.DisableInterrupt(0)
	}
	// Output: packet 7
}

// A wrapper is put around a device before it is probed.
func ExampleDevice_Wrap() {
	dev := netdev.New(pipe.Loopback())
	trace := wrap.Trace(func(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) })
	if err := dev.Wrap(trace); err != nil {
		fmt.Println(err)
		return
	}
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		fmt.Println(err)
		return
	}
	pool, _ := netbuf.NewPool(netbuf.Heap, 8, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	dev.TxOne(0, frame(pool, 1))
	// Output: tx 0: 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, type 0x88b5, 60 bytes
}
