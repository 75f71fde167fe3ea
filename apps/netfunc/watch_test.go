package netfunc

import (
	"flag"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

func ExampleWatch() {
	f := flag.NewFlagSet("", flag.ContinueOnError)
	var w Watch
	w.Flags(f)
	f.Parse([]string{"-trace"})
	dev := netdev.New(pipe.Loopback())
	w.Wrap(dev)
	dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{})
	b, _ := netbuf.New(netbuf.Heap, 64, 0)
	b.Append(2)
	dev.TxOne(0, b)
	// Output: netdev (loopback): tx 0: 2 bytes, no Ethernet header
}
