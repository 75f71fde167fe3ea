// Steady loads a web server as wrk does, on the machine that both are on: ten connections
// over loopback, each asking as soon as it is answered. It prints what every part of the
// time brought. Exit status 1: the last brought less than the first by more than a fiftieth,
// an answer took longer than a second, or memory has grown.
//
//	make steady
//
// runs it for ten minutes of a machine whose clock counts instructions (-icount), so that
// nothing depends on what else the host does; without -icount, the host is measured as well.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	connections = 10
	parts       = 10
	size        = 64 // of an answer
	request     = "GET / HTTP/1.1\r\nHost: steady\r\n\r\n"
)

func main() {
	duration := flag.Duration("duration", 10*time.Minute, "how long, in the machine's time")
	flag.Parse()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, size)) }))
	c := counts{broken: make(chan error, connections)}
	for range connections {
		conn, err := net.Dial("tcp", l.Addr().String())
		check(err)
		go func() { c.broken <- c.ask(conn) }()
	}
	var all []part
	c.take(*duration / parts / 10) // pools fill, and buffers find their size
	for range parts {
		p := c.take(*duration / parts)
		fmt.Println(p)
		all = append(all, p)
	}
	check(judge(all))
}

// counts are what the connections do in a part.
type counts struct {
	answers atomic.Int64
	longest atomic.Int64 // nanoseconds
	broken  chan error   // by which a connection has ended
}

// ask asks on a connection until that ends.
func (c *counts) ask(conn net.Conn) error {
	for r := bufio.NewReader(conn); ; {
		start := time.Now()
		if _, err := io.WriteString(conn, request); err != nil {
			return err
		}
		for line := []byte("-"); len(line) > 0; {
			var err error
			if line, _, err = r.ReadLine(); err != nil {
				return err
			}
		}
		if _, err := r.Discard(size); err != nil {
			return err
		}
		c.answers.Add(1)
		took := time.Since(start).Nanoseconds()
		for old := c.longest.Load(); took > old && !c.longest.CompareAndSwap(old, took); old = c.longest.Load() {
		}
	}
}

// A part is a tenth of the time.
type part struct {
	rate    float64 // answers a second
	longest time.Duration
	live    uint64 // bytes of the heap in use, after a collection
	held    uint64 // and all that the runtime has of the machine
}

func (p part) String() string {
	return fmt.Sprintf("%.1f answers/s, the longest after %v; %d KiB live, %d held", p.rate, p.longest, p.live>>10, p.held>>10)
}

// take waits for a part to pass.
func (c *counts) take(length time.Duration) part {
	c.longest.Store(0)
	start, before := time.Now(), c.answers.Load()
	select {
	case err := <-c.broken:
		check(err)
	case <-time.After(length):
	}
	p := part{
		rate:    float64(c.answers.Load()-before) / time.Since(start).Seconds(),
		longest: time.Duration(c.longest.Load()),
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.live, p.held = m.HeapAlloc, m.Sys-m.HeapReleased
	return p
}

// What may change.
const (
	leastShare = 0.98
	longest    = time.Second
	slack      = 1 << 20 // bytes: what is allocated between a collection and the look is live
)

var errUnsteady = errors.New("not steady")

// judge compares the last part with the first.
func judge(all []part) error {
	first, last := all[0], all[len(all)-1]
	for i, p := range all {
		if p.longest > longest {
			return fmt.Errorf("%w: an answer after %v in part %d", errUnsteady, p.longest, i+1)
		}
	}
	switch {
	case last.rate < leastShare*first.rate:
		return fmt.Errorf("%w: %.1f answers/s in the end, of %.1f", errUnsteady, last.rate, first.rate)
	case last.live > first.live+slack || last.held > first.held+slack:
		return fmt.Errorf("%w: %d bytes live and %d held in the end, of %d and %d", errUnsteady, last.live, last.held, first.live, first.held)
	}
	return nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "steady:", err)
		os.Exit(1)
	}
}
