package main

import (
	"errors"
	"net"
	"testing"
	"time"
)

// TestJudge: each thing that may not change is noticed, and what may is not.
func TestJudge(t *testing.T) {
	good := part{rate: 1000, longest: time.Millisecond, live: 4 << 20, held: 12 << 20}
	for name, c := range map[string]struct {
		change func(*part)
		ok     bool
	}{
		"the same":   {func(*part) {}, true},
		"a little":   {func(p *part) { p.rate, p.live, p.held = 985, p.live+slack, p.held+slack }, true},
		"slower":     {func(p *part) { p.rate = 979 }, false},
		"late":       {func(p *part) { p.longest = longest + 1 }, false},
		"more live":  {func(p *part) { p.live += slack + 1 }, false},
		"more taken": {func(p *part) { p.held += slack + 1 }, false},
	} {
		last := good
		c.change(&last)
		if err := judge([]part{good, good, last}); (err == nil) != c.ok || err != nil && !errors.Is(err, errUnsteady) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAsk: answers are counted, the longest among them, until the connection ends.
func TestAsk(t *testing.T) {
	here, there := net.Pipe()
	const n = 3
	go func() {
		defer there.Close()
		for range n {
			if _, err := there.Read(make([]byte, len(request))); err != nil {
				return
			}
			there.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n"))
			there.Write(make([]byte, size))
		}
	}()
	var c counts
	if err := c.ask(here); err == nil || c.answers.Load() != n || c.longest.Load() <= 0 {
		t.Errorf("%d answers, the longest after %d ns, %v", c.answers.Load(), c.longest.Load(), err)
	}
}
