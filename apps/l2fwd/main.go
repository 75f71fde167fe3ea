// L2fwd forwards Ethernet frames between two ports, or back out of the only one:
// what comes in on one port goes out of the other, its two addresses swapped. It
// is the benchmark of a network function at its least, and an example of the
// packet API's receive and transmit bursts.
//
//	main.go    arguments and statistics
//	port.go    a device from found to running
//	lane.go    what happens to a burst
//	serve.go   when: by polling, or by interrupts; and on which processor
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"yolk/apps/netfunc"
	"yolk/netdev"
)

// options are the command line's.
type options struct {
	first, ports int
	burst        int  // packets to take at once
	queues       int  // pairs on each port
	size         int  // descriptors of each queue, 0: the driver's choice
	swap         bool // exchange the addresses
	interrupts   bool
	every        time.Duration // between two reports
	count        uint64
	time         time.Duration
	watch        netfunc.Watch
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	status := 2
	if err == nil {
		status, err = 1, run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "l2fwd:", err)
		os.Exit(status)
	}
}

// parse reads the arguments; complaints and help go to w as well.
func parse(args []string, w io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("l2fwd", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.first, "first", 0, "`NUMBER` of the first device")
	f.IntVar(&o.ports, "ports", 0, "forward between `N` ports, 2, or 1 that sends back what it receives; 0: as many as there are")
	f.IntVar(&o.burst, "burst", 32, "take up to `PACKETS` at once")
	f.IntVar(&o.queues, "queues", 1, "use `PAIRS` of queues on each port")
	f.IntVar(&o.size, "size", 0, "`DESCRIPTORS` of each queue; 0: the driver's choice")
	f.BoolVar(&o.swap, "swap", true, "exchange the frames' addresses")
	f.BoolVar(&o.interrupts, "interrupts", false, "sleep until there are packets instead of polling")
	f.DurationVar(&o.every, "every", time.Second, "report every `TIME`")
	f.Uint64Var(&o.count, "count", 0, "end after so many `PACKETS`; 0 for no end")
	o.watch.Flags(f)
	f.DurationVar(&o.time, "time", 0, "end after this `TIME`, such as 10s; 0 for no end")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: see -help", f.Arg(0))
	}
	for _, n := range []struct {
		name             string
		value, low, high int
	}{{"first", o.first, 0, 1 << 16}, {"ports", o.ports, 0, 2}, {"burst", o.burst, 1, 1 << 12}, {"queues", o.queues, 1, 1 << 8}, {"every", int(o.every), 1, 1 << 62}} {
		if n.value < n.low || n.value > n.high {
			return nil, fmt.Errorf("-%s %s: see -help", n.name, f.Lookup(n.name).Value)
		}
	}
	return o, nil
}

// run forwards until the end that the options set.
func run(o *options) error {
	if err := o.watch.Open(); err != nil {
		return err
	}
	return errors.Join(forward(o), o.watch.Close())
}

func forward(o *options) error {
	if o.ports == 0 {
		o.ports = max(1, min(netdev.Count()-o.first, 2))
	}
	var ports []*netdev.Device
	for n := o.first; n < o.first+o.ports; n++ {
		dev, err := open(n, o)
		if err != nil {
			return err
		}
		defer dev.Close()
		fmt.Printf("l2fwd: port %d is %s, %v, %d queue pairs\n", n, dev.Name(), dev.HardwareAddr(), o.queues)
		ports = append(ports, dev)
	}
	lanes := connect(ports, o)
	fmt.Println("l2fwd: forwarding")
	err := serve(lanes, o)
	for _, l := range lanes {
		fmt.Println("l2fwd:", l)
	}
	return err
}

// reporter prints rates.
type reporter struct {
	last uint64
	at   time.Time
}

func (r *reporter) report(lanes []*lane) {
	total, dropped := uint64(0), uint64(0)
	for _, l := range lanes {
		total += l.forwarded.Load()
		dropped += l.dropped.Load()
	}
	now := time.Now()
	fmt.Printf("l2fwd: %.0f packets/s, %d forwarded, %d dropped\n",
		float64(total-r.last)/max(now.Sub(r.at), 1).Seconds(), total, dropped)
	r.last, r.at = total, now
}
