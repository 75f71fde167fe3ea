// Ping answers pings straight on a network card: its image has no network stack, only
// ARP and ICMP's echo. What it does not know gets no answer.
package main

import (
	"flag"
	"fmt"
	"log"

	"yolk/apps/netfunc"
	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("ping: ")
	addr := flag.String("addr", "", "own `ADDRESS`; without it that of the command line (ip=)")
	var watch netfunc.Watch
	watch.Flags(flag.CommandLine)
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	}
	dev := netdev.Get(0)
	if dev == nil {
		log.Fatal("no network device: start the machine with one, such as -net tap:tap0")
	}
	if err := run(dev, *addr, &watch); err != nil {
		log.Fatal(err)
	}
}

// run answers until the device ends.
func run(dev *netdev.Device, given string, watch *netfunc.Watch) error {
	own, err := netfunc.Address(given, dev)
	if err != nil {
		return err
	}
	if err := watch.Open(); err != nil {
		return err
	}
	defer watch.Close()
	if err := watch.Wrap(dev); err != nil {
		return err
	}
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		return err
	}
	fmt.Printf("ping: answering at %v, over %s\n", own, dev.Name())
	r := netfunc.NewResponder(dev, answerer(dev.HardwareAddr(), wire.FromAddr(own)))
	return r.Wait()
}

// answerer returns the program: what it does with a packet.
func answerer(mac netdev.HardwareAddr, addr wire.IPv4) func(*netbuf.Buf) bool {
	return func(b *netbuf.Buf) bool {
		if b.Next() != nil {
			return false // it is longer than any frame
		}
		frame := b.Bytes()
		return wire.AnswerEcho(frame, mac, addr) || wire.AnswerARP(frame, mac, addr)
	}
}
