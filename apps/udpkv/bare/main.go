// Bare is the key-value server of apps/udpkv without sockets: straight on a
// network device, so that its image has no network stack.
package main

import (
	"flag"
	"fmt"
	"log"
	"time"

	"yolk/apps/netfunc"
	"yolk/apps/udpkv/kv"
	"yolk/apps/udpkv/packets"
	"yolk/apps/wire"
	"yolk/netdev"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("udpkv: ")
	addr := flag.String("addr", "", "own `ADDRESS`; without it that of the command line (ip=)")
	port := flag.Int("port", kv.Port, "serve `PORT`")
	limit := flag.Int("limit", 16, "keep up to so many `MEGABYTES`")
	interrupts := flag.Bool("interrupts", false, "sleep while there are no requests instead of polling")
	every := flag.Duration("every", 10*time.Second, "print the statistics every `TIME`")
	flag.Parse()
	switch {
	case *port < 1 || *port > 0xffff:
		log.Fatalf("-port %d: 1 to 65535", *port)
	case *limit < 1:
		log.Fatalf("-limit %d: a megabyte at least", *limit)
	case *every <= 0:
		log.Fatalf("-every %v: a time, such as 10s", *every)
	case flag.NArg() > 0:
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	}
	dev := netdev.Get(0)
	if dev == nil {
		log.Fatal("no network device: start the machine with one, such as -net user")
	}
	own, err := netfunc.Address(*addr, dev)
	if err != nil {
		log.Fatal(err)
	}
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("udpkv: serving on %v:%d, over %s\n", own, *port, dev.Name())
	s := packets.New(dev, wire.FromAddr(own), uint16(*port), kv.NewStore(*limit<<20))
	if *interrupts {
		log.Fatal(s.Wait())
	}
	log.Fatal(s.Poll(*every, func() string { return "udpkv: " + s.String() }))
}
