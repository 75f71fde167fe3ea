package smsc95xx

import (
	"fmt"
	"testing"

	"yolk/drivers/usb/smsc95xx/lan9514"
	"yolk/drivers/usb/usbnet"
	"yolk/netdev/netbuf"
)

// BenchmarkPack and BenchmarkUnpack are what a frame costs in the driver, its one copy
// included, without the bus.
func BenchmarkPack(b *testing.B) {
	for _, size := range []int{60, 1514} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			pool, err := netbuf.NewPool(netbuf.Heap, 8, 2048, 64)
			if err != nil {
				b.Fatal(err)
			}
			bufs := make([]*netbuf.Buf, 8)
			pool.GetBurst(bufs)
			for _, p := range bufs {
				clear(p.Append(size))
			}
			c, transfer := &chip{}, make([]byte, transferBytes)
			var tally usbnet.Tally
			b.ReportAllocs()
			for n := 0; n < b.N; n += len(bufs) {
				c.Pack(allOffloads, transfer, 0, bufs, &tally)
			}
		})
	}
}

func BenchmarkUnpack(b *testing.B) {
	for _, size := range []int{60, 1514} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			const frames = 8
			pool, err := netbuf.NewPool(netbuf.Heap, frames, 2048, 64)
			if err != nil {
				b.Fatal(err)
			}
			transfer := received(b, size, frames)
			bufs := make([]*netbuf.Buf, frames)
			c := &chip{}
			var tally usbnet.Tally
			b.ReportAllocs()
			for n := 0; n < b.N; n += frames {
				pool.GetBurst(bufs)
				if _, n := c.Unpack(allOffloads, transfer, bufs, &tally); n != frames {
					b.Fatal(n)
				}
				netbuf.FreeBurst(bufs)
			}
		})
	}
}

// received is a burst of n TCP frames of a size as a chip sends it to the host.
func received(t testing.TB, size, n int) (burst []byte) {
	c := lan9514.New(lan9514.Config{})
	c.Control(lan9514.Setup{0, 9, 1}, nil)
	for a, v := range map[csr]uint32{regMAC: macRxOn | macPromisc, regHwCfg: hwManyFrames, regCOE: coeRx} {
		c.Control(lan9514.Setup{0x40, writeRequest, 0, 0, byte(a), byte(a >> 8), 4}, []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
	}
	f := packet(t, 4, max(0, size-14-20-32), 2000).AppendTo(nil)
	for range n {
		c.Receive(append(f, make([]byte, max(0, size-len(f)))...)[:max(size, 60)])
	}
	c.In(lan9514.BulkIn, transferBytes, func(data []byte, _ lan9514.Status) { burst = append(burst, data...) })
	return burst
}
