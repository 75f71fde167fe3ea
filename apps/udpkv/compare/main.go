// Compare measures the key-value server both ways in one machine: over sockets,
// with a network stack on the first card, and straight on the third card. The
// second and fourth card are the clients', each joined to its server's by a hub
// in the emulator, which is the shortest wire there is:
//
//	yolk run -cpus 2 -net hub:0 -net hub:0 -net hub:1 -net hub:1 \
//	    -opt ip=10.0.0.1/24 ./apps/udpkv/compare
//
// The clients are the same and so is the store; what differs is the way between.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"yolk/apps/udpkv/kv"
	"yolk/apps/udpkv/packets"
	"yolk/apps/udpkv/sockets"
	"yolk/apps/wire"
	"yolk/netdev"
)

const storeBytes = 1 << 20

func main() {
	log.SetFlags(0)
	log.SetPrefix("compare: ")
	rounds := flag.Int("rounds", 3, "measure both so `OFTEN`, in turns")
	length := flag.Duration("time", 2*time.Second, "how long each")
	window := flag.Int("window", 32, "`REQUESTS` under way at once")
	flag.Parse()
	switch {
	case *rounds < 1:
		log.Fatalf("-rounds %d: one at least", *rounds)
	case *length <= 0:
		log.Fatalf("-time %v: a time, such as 2s", *length)
	case *window < 1 || *window > 128:
		log.Fatalf("-window %d: 1 to 128 requests", *window)
	case flag.NArg() > 0:
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	case netdev.Count() < 4:
		log.Fatalf("%d network devices: four are needed, -net hub:0 -net hub:0 -net hub:1 -net hub:1", netdev.Count())
	}
	if err := compare(*rounds, *length, *window); err != nil {
		log.Fatal(err)
	}
}

func compare(rounds int, length time.Duration, window int) error {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: kv.Port})
	if err != nil {
		return err
	}
	go func() { log.Fatal(sockets.Serve(conn, kv.NewStore(storeBytes))) }()
	stack := netdev.Get(0)
	addr := stack.Extra().Address.Addr()
	if !addr.Is4() {
		return fmt.Errorf("no IPv4 address: start the machine with -opt ip=10.0.0.1/24")
	}
	own := wire.FromAddr(addr)
	overSockets, err := newClient(netdev.Get(1), stack, own, window)
	if err != nil {
		return err
	}
	card := netdev.Get(2)
	if err := card.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		return err
	}
	go serve(packets.New(card, own, kv.Port, kv.NewStore(storeBytes)))
	overNetdev, err := newClient(netdev.Get(3), card, own, window)
	if err != nil {
		return err
	}
	var sum [2]float64
	for range rounds {
		a, err := overSockets.measure(length)
		if err != nil {
			return err
		}
		b, err := overNetdev.measure(length)
		if err != nil {
			return err
		}
		fmt.Printf("compare: sockets %.0f requests/s, netdev %.0f requests/s, ratio %.1f\n", a, b, b/a)
		sum[0] += a
		sum[1] += b
	}
	n := float64(rounds)
	fmt.Printf("compare: in the mean sockets %.0f, netdev %.0f, ratio %.1f\n", sum[0]/n, sum[1]/n, sum[1]/sum[0])
	return nil
}

// serve serves and sleeps in turn: a server that polled would take the processor
// from the one over sockets.
func serve(s *packets.Server) { log.Fatal(s.Wait()) }
