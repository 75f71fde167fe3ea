// Network has two stacks send over networks that are long, reorder and lose, in a time of
// its own, so that each run is the same. Exit status 1: a sender takes what came late for
// lost and stays slow, or waits for a timer where it need not.
//
//	network -delay 10ms -later 1ms -some 0.5     tells of one network
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/boot/overlay/testdata/wire"
)

const ms = time.Millisecond

// cases are networks, and what they carry at least, two thirds of what they do or more.
var cases = []struct {
	name string
	network
	size  int
	least float64 // MB/s
}{
	{"20 ms, half of the packets up to 1 ms later", network{delay: 10 * ms, later: ms, some: 0.5}, 2e6, 4.4},
	{"the same in large segments", network{delay: 10 * ms, later: ms, some: 0.5, large: true}, 2e6, 4.2},
	{"the same on a line of 100 MB/s", network{delay: 10 * ms, later: ms, some: 0.5, rate: 100e6}, 2e6, 7.8},
	{"1 ms, all packets up to 3 ms later", network{delay: ms / 2, later: 3 * ms, some: 1}, 2e6, 4.5},
	{"40 ms, a fifth up to 30 ms later", network{delay: 20 * ms, later: 30 * ms, some: 0.2}, 2e6, 2.4},
	{"100 ms, a line with a short queue", network{delay: 50 * ms, rate: 3e6, queue: 10 * ms}, 6e6, 0.86},
	{"2 ms, loss of 10 %", network{delay: ms, loss: 0.1}, 1e6, 0.4},
	{"the same in large segments", network{delay: ms, loss: 0.1, large: true}, 1e6, 0.35},
	{"20 ms, up to 20 ms of it without a packet", network{delay: 10 * ms, stall: 20 * ms, large: true}, 5e6, 5.5},
}

// seeds are those of each case. With one alone it would be luck what is lost.
const seeds = 4

func main() {
	var n network
	flag.DurationVar(&n.delay, "delay", 0, "one `WAY`")
	flag.DurationVar(&n.later, "later", 0, "up to how much later some arrive")
	flag.Float64Var(&n.some, "some", 1, "the `PART` of packets that may")
	flag.Float64Var(&n.loss, "loss", 0, "the `PART` that is lost")
	flag.Float64Var(&n.copies, "copies", 0, "the `PART` that arrives twice")
	flag.Float64Var(&n.rate, "rate", 0, "of the line, `BYTES` a second")
	flag.DurationVar(&n.queue, "queue", 0, "the longest that is waited for the line")
	flag.DurationVar(&n.stall, "stall", 0, "the longest that nothing arrives, every 100 ms")
	flag.BoolVar(&n.large, "large", false, "have the card divide what is sent")
	size := flag.Int("size", 2e6, "`BYTES` to send")
	seed := flag.Uint64("seed", 1, "of what is lost and late")
	flag.Parse()
	runtime.GOMAXPROCS(1) // whoever yields has had all others run
	if flag.NFlag() > 0 {
		rate, again, timeouts, err := send(n, *size, *seed)
		fmt.Printf("%.3f MB/s, %d sent again, %d timeouts, %v\n", rate, again, timeouts, err)
		return
	}
	slow := false
	for _, c := range cases {
		sum := 0.0
		for seed := range uint64(seeds) {
			rate, _, _, err := send(c.network, c.size, seed+1)
			if err != nil {
				wire.Fail("%s: %v", c.name, err)
			}
			sum += rate
		}
		if mean := sum / seeds; mean < c.least {
			fmt.Fprintf(os.Stderr, "%s: %.2f MB/s, not %.2f\n", c.name, mean, c.least)
			slow = true
		}
	}
	if slow {
		os.Exit(1)
	}
}

// The longest that a transfer may take, and how often others get to run until nobody has
// anything to do.
const (
	patience = 2 * time.Minute
	yields   = 20
)

var errStill = errors.New("not all has arrived")

// send sends bytes over a network and returns how many MB arrived in a second, how many
// segments were sent again, and how many timers expired for it.
func send(n network, size int, seed uint64) (rate float64, again, timeouts uint64, err error) {
	if n.rate == 0 {
		n.rate = 10e6
	}
	if n.queue == 0 {
		n.queue = 100 * ms
	}
	clock := &clock{now: time.Second}
	var links [2]*channel.Endpoint
	var stacks [2]*stack.Stack
	for i := range stacks {
		if links[i] = channel.New(4096, 1500, ""); n.large {
			links[i].SupportedGSOKind = stack.HostGSOSupported
		}
		if stacks[i], err = host(clock, links[i], address(i)); err != nil {
			return 0, 0, 0, err
		}
	}
	arrived := 0
	ended := transfer(stacks, size, &arrived)
	cables := [2]cable{}
	for i := range cables {
		cables[i] = cable{network: n, clock: clock, from: links[i], to: links[1-i], dice: rand.New(rand.NewPCG(seed, uint64(i)))}
	}
	start := clock.now
	for arrived < size && clock.now-start < patience {
		for moved := true; moved; {
			for range yields {
				runtime.Gosched()
			}
			moved = cables[0].carry()
			moved = cables[1].carry() || moved
		}
		select {
		case err := <-ended:
			return 0, 0, 0, err
		default:
		}
		if !clock.pass() {
			break
		}
	}
	if arrived < size {
		err = fmt.Errorf("%w: %d of %d bytes in %v", errStill, arrived, size, clock.now-start)
	}
	st := stacks[0].Stats()
	return float64(arrived) / 1e6 / (clock.now - start).Seconds(), st.TCP.Retransmits.Value(), st.TCP.Timeouts.Value(), err
}

func address(i int) tcpip.Address { return tcpip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}) }

// transfer starts to send from the first stack to the second, and counts what arrives.
// What ends it is an error.
func transfer(stacks [2]*stack.Stack, size int, arrived *int) <-chan error {
	ended := make(chan error, 2)
	to := tcpip.FullAddress{NIC: 1, Addr: address(1), Port: 80}
	l, err := gonet.ListenTCP(stacks[1], to, ipv4.ProtocolNumber)
	if err != nil {
		ended <- err
		return ended
	}
	go func() {
		c, err := l.Accept()
		if err == nil {
			err = check(c, arrived)
		}
		ended <- err
	}()
	go func() {
		c, err := gonet.DialContextTCP(context.Background(), stacks[0], to, ipv4.ProtocolNumber)
		if err == nil {
			_, err = io.CopyN(struct{ io.Writer }{c}, &pattern{}, int64(size))
		}
		if err != nil {
			ended <- err
		}
	}()
	return ended
}

var errOther = errors.New("other bytes have arrived than were sent")

// check reads and counts the pattern, until it is another.
func check(r io.Reader, count *int) error {
	var p pattern
	got, want := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := r.Read(got)
		p.Read(want[:n])
		if !bytes.Equal(got[:n], want[:n]) {
			return errOther
		}
		if *count += n; err != nil {
			return err
		}
	}
}

// A pattern is bytes that do not repeat soon (a linear congruential generator).
type pattern struct{ x uint32 }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		p.x = p.x*1664525 + 1013904223
		b[i] = byte(p.x >> 24)
	}
	return len(b), nil
}
