// Tcpbench measures what TCP carries between two computers, a run after the other, and
// what the runs have in common. It is either end: one listens, one connects.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("tcpbench: ")
	listen := flag.String("listen", "", "wait for the other end at `ADDRESS`, such as :5201")
	to := flag.String("to", "", "measure to the other end at `HOST:PORT`")
	runs := flag.Int("runs", 10, "`NUMBER` of transfers each way, each on a connection of its own")
	size := flag.String("size", "10M", "`BYTES` in each, with K, M or G")
	each := flag.Bool("each", false, "print each transfer's figure as well")
	way := flag.String("way", "both", "`WAY` that the data goes: out, in or both, one after the other")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	}
	n, err := bytes(*size)
	switch {
	case err != nil:
		log.Fatal(err)
	case (*listen == "") == (*to == ""):
		log.Fatal("one of -listen ADDRESS and -to HOST:PORT says which end this is")
	case *runs < 1:
		log.Fatalf("-runs %d: one at least", *runs)
	case !slices.Contains([]string{"out", "in", "both"}, *way):
		log.Fatalf("-way %s: out, in or both", *way)
	}
	if *listen != "" {
		l, err := net.Listen("tcp", *listen)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("tcpbench: listening on %s\n", l.Addr())
		log.Fatal(serve(l))
	}
	for _, w := range []struct {
		name string
		do   direction
	}{{"out", send}, {"in", receive}} {
		if *way != "both" && *way != w.name {
			continue
		}
		if err := measure(*to, w.name, w.do, *runs, n, *each); err != nil {
			log.Fatal(err)
		}
	}
}

// bytes reads a number with K, M or G, powers of ten as in the rates of networks.
func bytes(s string) (n uint64, err error) {
	factor := uint64(1)
	for i, unit := range "KMG" {
		if digits, ok := strings.CutSuffix(s, string(unit)); ok {
			s, factor = digits, []uint64{1e3, 1e6, 1e9}[i]
			break
		}
	}
	n, err = strconv.ParseUint(s, 10, 32)
	if err != nil || n == 0 {
		return 0, errors.New("-size: a number above 0, with K, M or G, such as 10M")
	}
	return n * factor, nil
}

// measure makes the runs and prints what came of them.
func measure(to, name string, do direction, runs int, n uint64, each bool) error {
	var all summary
	for range runs {
		took, err := transfer(to, do, n)
		if err != nil {
			return err
		}
		rate := float64(n) * 8 / 1e6 / took.Seconds()
		if all.add(rate); each {
			fmt.Printf("tcpbench: %s: %.3f Mbit/s\n", name, rate)
		}
	}
	fmt.Printf("tcpbench: %s: %d x %d bytes: %.1f Mbit/s, standard deviation %.1f (%.1f %%), %.1f to %.1f\n",
		name, runs, n, all.mean, all.deviation(), 100*all.deviation()/all.mean, all.least, all.most)
	return nil
}

// transfer makes one run and returns how long it took from before the connection until
// the last byte was there.
func transfer(to string, do direction, n uint64) (time.Duration, error) {
	began := time.Now()
	c, err := net.DialTimeout("tcp", to, 10*time.Second)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	err = do(c, n)
	return time.Since(began), err
}
