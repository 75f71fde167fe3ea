package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"yolk/apps/netfunc"
	"yolk/apps/wire"
	"yolk/netdev"
)

// options are the arguments. `pktgen -help` shows what they mean.
type options struct {
	device  int
	receive bool

	size             int
	srcMAC, dstMAC   netdev.HardwareAddr // a zero source: the device's own
	src, dst         span                // IPv4 addresses
	srcPort, dstPort span

	mode, alloc  string
	burst, queue int
	queues       int
	buffers      int
	full         string
	isolate      bool
	number       bool
	check        bool
	watch        netfunc.Watch

	count          uint64
	time, interval time.Duration
}

// parse reads the arguments. Help goes to w, if it is asked for.
func parse(args []string, w io.Writer) (*options, error) {
	o := &options{
		dstMAC: wire.Broadcast,
		src:    mustAddrs("198.18.0.1"), dst: mustAddrs("198.18.0.2"), // RFC 2544: for benchmarks
		srcPort: span{5001, 1}, dstPort: span{5001, 1},
	}
	f := flag.NewFlagSet("pktgen", flag.ContinueOnError)
	f.SetOutput(io.Discard) // a complaint is one line, and the caller's to print
	f.IntVar(&o.device, "device", 0, "`NUMBER` of the network device")
	f.BoolVar(&o.receive, "receive", false, "receive instead of sending")

	f.IntVar(&o.size, "size", wire.MinFrame, "`BYTES` of a frame, 60 to 1518, without its check sequence; more than 1514 takes a wire that carries VLAN tags")
	f.Func("srcmac", "source `ADDRESS` instead of the device's", macFlag(&o.srcMAC))
	f.Func("dstmac", "destination `ADDRESS` (default everybody)", macFlag(&o.dstMAC))
	f.Func("src", "source `IP`, or a range of them such as 10.0.0.1-10.0.0.9 (default 198.18.0.1)", addrsFlag(&o.src))
	f.Func("dst", "destination `IP` or range (default 198.18.0.2)", addrsFlag(&o.dst))
	f.Func("sport", "source `PORT` or range (default 5001)", portsFlag(&o.srcPort))
	f.Func("dport", "destination `PORT` or range (default 5001)", portsFlag(&o.dstPort))

	f.StringVar(&o.mode, "mode", "zerocopy", "`HOW` frames are made: "+strings.Join(modes, ", "))
	f.StringVar(&o.alloc, "alloc", "pool", "`WHERE` buffers come from when frames are generated or copied: pool or heap")
	f.IntVar(&o.buffers, "buffers", 1024, "`NUMBER` of buffers in a pool")
	f.IntVar(&o.burst, "burst", 32, "`NUMBER` of packets handed over at once")
	f.IntVar(&o.queue, "queue", 0, "`SIZE` of the device's queue, 0 for the driver's choice")
	f.IntVar(&o.queues, "queues", 1, "send on `NUMBER` queues of the device, each with a processor if there are as many")
	f.StringVar(&o.full, "full", "retry", "`WHAT` becomes of packets that find the queue full: retry or drop")
	f.BoolVar(&o.isolate, "isolate", false, "free packets instead of sending them: what all but the device costs")
	f.BoolVar(&o.number, "number", false, "number the packets, for the receiver's -check")
	f.BoolVar(&o.check, "check", false, "look into each packet received: lengths, checksums, numbers")

	o.watch.Flags(f)

	f.Uint64Var(&o.count, "count", 0, "end after so many packets; 0 for no end")
	f.DurationVar(&o.time, "time", 0, "end after this `DURATION`, such as 10s; 0 for no end")
	f.DurationVar(&o.interval, "interval", 5*time.Second, "print the rate every so often")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(w)
		f.Usage()
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: see -help", err)
	case f.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q: see -help", f.Arg(0))
	}
	return o, o.validate()
}

// validate refuses what cannot be.
func (o *options) validate() error {
	for _, c := range []struct {
		bad  bool
		what string
	}{
		{o.size < wire.MinFrame || o.size > wire.MaxFrame, fmt.Sprintf("-size %d: Ethernet frames have %d to %d bytes", o.size, wire.MinFrame, wire.MaxFrame)},
		{o.device < 0, fmt.Sprintf("-device %d: devices are numbered from 0", o.device)},
		{!isMode(o.mode), fmt.Sprintf("-mode %s: there are %s", o.mode, strings.Join(modes, ", "))},
		{o.alloc != "pool" && o.alloc != "heap", fmt.Sprintf("-alloc %s: buffers come from a pool or the heap", o.alloc)},
		{o.full != "retry" && o.full != "drop", fmt.Sprintf("-full %s: retry or drop them", o.full)},
		{o.burst < 1 || o.burst > 1<<12, fmt.Sprintf("-burst %d: 1 to 4096", o.burst)},
		{o.buffers < o.burst || o.buffers > 1<<20, fmt.Sprintf("-buffers %d: as many as a burst at least, a million at most", o.buffers)},
		{o.time < 0, fmt.Sprintf("-time %v: how long, such as 10s, or 0 for no end", o.time)},
		{o.queues < 1 || o.queues > 1<<8, fmt.Sprintf("-queues %d: 1 to 256", o.queues)},
		{o.count > 0 && o.count < uint64(o.queues), fmt.Sprintf("-queues %d: more than -count %d packets", o.queues, o.count)},
		{o.queues > 1 && (o.receive || o.number || o.isolate), "-queues is for sending, and packets are numbered on one queue only"},
		{o.interval <= 0, fmt.Sprintf("-interval %v: a time, such as 5s", o.interval)},
		{o.number && o.mode == "zerocopy", "-number writes to each packet, which -mode zerocopy shares: choose another mode"},
		{o.receive && o.isolate, "-receive -isolate: there is nothing to receive without a device"},
		{o.number && o.receive, "-number is the sender's; the receiver's is -check"},
		{o.check && !o.receive, "-check is the receiver's; the sender's is -number"},
		{o.flowCount() > maxFlows, fmt.Sprintf("more than %d flows, one for each combination of -src, -dst, -sport and -dport: shorten a range", maxFlows)},
	} {
		if c.bad {
			return errors.New(c.what)
		}
	}
	return nil
}

// spanOf reads "first-last" or one alone.
func spanOf(s string, number func(string) (uint32, error)) (span, error) {
	from, to, isRange := strings.Cut(s, "-")
	first, err := number(from)
	if err != nil || !isRange {
		return span{first, 1}, err
	}
	last, err := number(to)
	if err == nil && last < first {
		err = fmt.Errorf("%s comes before %s", to, from)
	}
	return span{first, int(last-first) + 1}, err
}

func addrs(s string) (span, error) {
	return spanOf(s, func(s string) (uint32, error) {
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Is4() {
			return 0, fmt.Errorf("%q is no IPv4 address", s)
		}
		return uint32(wire.FromAddr(a)), nil
	})
}

func mustAddrs(s string) span {
	a, err := addrs(s)
	if err != nil {
		panic(err)
	}
	return a
}

func ports(s string) (span, error) {
	return spanOf(s, func(s string) (uint32, error) {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is no port", s)
		}
		return uint32(n), nil
	})
}

func addrsFlag(to *span) func(string) error {
	return func(s string) (err error) { *to, err = addrs(s); return err }
}

func portsFlag(to *span) func(string) error {
	return func(s string) (err error) { *to, err = ports(s); return err }
}

// macFlag reads an address of six bytes such as 52:54:00:12:34:56.
func macFlag(to *netdev.HardwareAddr) func(string) error {
	return func(s string) error {
		parts := strings.Split(s, ":")
		for i, p := range parts {
			n, err := strconv.ParseUint(p, 16, 8)
			if err != nil || len(parts) != len(to) {
				return errors.New("want six bytes such as 52:54:00:12:34:56")
			}
			to[i] = byte(n)
		}
		return nil
	}
}
