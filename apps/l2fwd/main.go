// L2fwd forwards Ethernet frames between two ports, or back out of the only one:
// what comes in on one port goes out of the other, its two addresses swapped. It
// is the benchmark of a network function at its least, and an example of the
// packet API's receive and transmit bursts.
//
//	l2fwd [-burst 32] [-queues 1] [-size 0] [-swap=true] [-every 1s]
//
// The ports are the first two network devices; with a single one frames go back
// where they came from. Each pair of queues has a goroutine of its own that polls
// and shares nothing with the others.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"yolk/netdev"
)

// options are the command line's.
type options struct {
	burst  int           // packets to take at once
	queues int           // pairs on each port
	size   int           // descriptors of each queue, 0: the driver's choice
	swap   bool          // exchange the addresses
	every  time.Duration // between two reports
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("l2fwd: ")
	var o options
	flag.IntVar(&o.burst, "burst", 32, "take up to `PACKETS` at once")
	flag.IntVar(&o.queues, "queues", 1, "use `PAIRS` of queues on each port")
	flag.IntVar(&o.size, "size", 0, "`DESCRIPTORS` of each queue; 0: the driver's choice")
	flag.BoolVar(&o.swap, "swap", true, "exchange the frames' addresses")
	flag.DurationVar(&o.every, "every", time.Second, "report every `TIME`")
	flag.Parse()
	if flag.NArg() > 0 || o.burst < 1 || o.queues < 1 || o.every <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ports, err := open(o)
	if err != nil {
		log.Fatal(err)
	}
	lanes := connect(ports, o)
	for _, l := range lanes {
		go l.run()
	}
	report(lanes, o.every)
}

// open starts the first two devices, or the only one.
func open(o options) (ports []*netdev.Device, err error) {
	for n := 0; n < 2 && netdev.Get(n) != nil; n++ {
		d := netdev.Get(n)
		err := d.Open(netdev.Config{RxQueues: o.queues, TxQueues: o.queues},
			netdev.RxConfig{Size: o.size}, netdev.TxConfig{Size: o.size})
		if err != nil {
			return nil, err
		}
		if d.Info().Features&netdev.PromiscuousMode != 0 {
			if err := d.SetPromiscuous(true); err != nil {
				return nil, err
			}
		}
		ports = append(ports, d)
		fmt.Printf("l2fwd: port %d is %s, %v, %d queue pairs\n", n, d.Name(), d.HardwareAddr(), o.queues)
	}
	if len(ports) == 0 {
		return nil, fmt.Errorf("no network device: add one or two to the machine")
	}
	return ports, nil
}

// report prints rates for ever.
func report(lanes []*lane, every time.Duration) {
	var last uint64
	for at := time.Now(); ; {
		time.Sleep(every)
		total, dropped := uint64(0), uint64(0)
		for _, l := range lanes {
			total += l.forwarded.Load()
			dropped += l.dropped.Load()
		}
		now := time.Now()
		fmt.Printf("l2fwd: %.0f packets/s, %d forwarded, %d dropped\n",
			float64(total-last)/now.Sub(at).Seconds(), total, dropped)
		last, at = total, now
	}
}
