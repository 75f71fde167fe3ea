// Bare is the key-value server of apps/udpkv without sockets: straight on a
// network device, so that its image has no network stack.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"time"

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
	own, err := address(*addr, dev)
	if err != nil {
		log.Fatal(err)
	}
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("udpkv: serving on %v:%d, over %s\n", own, *port, dev.Name())
	s := packets.New(dev, own, uint16(*port), kv.NewStore(*limit<<20))
	if *interrupts {
		log.Fatal(wait(s))
	}
	log.Fatal(poll(s, *every))
}

// address is the one given, or what the platform knows.
func address(s string, dev *netdev.Device) (wire.IPv4, error) {
	if s != "" {
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Is4() {
			return 0, fmt.Errorf("-addr %s: no IPv4 address, such as 10.0.2.15", s)
		}
		return wire.FromAddr(a), nil
	}
	a := dev.Extra().Address.Addr()
	if !a.Is4() {
		return 0, errors.New("no IPv4 address: give -addr, or the machine's with -opt ip=10.0.2.15/24")
	}
	return wire.FromAddr(a), nil
}

// poll serves without a pause.
func poll(s *packets.Server, every time.Duration) error {
	const stride = 1 << 12 // turns between two looks at the clock
	for last := time.Now(); ; {
		for range stride {
			if _, err := s.Turn(); err != nil {
				return err
			}
		}
		if now := time.Now(); now.Sub(last) >= every {
			last = now
			fmt.Println("udpkv:", s)
		}
	}
}

// wait serves and sleeps while there is nothing to do.
func wait(s *packets.Server) error {
	for {
		n, err := s.Turn()
		if err == nil && n == 0 {
			err = s.Sleep()
		}
		if err != nil {
			return err
		}
	}
}
