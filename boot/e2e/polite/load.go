// Package polite asks a web server as well-behaved clients do: one request at a
// time on each connection, reading every answer. It knows how long each request
// waited, and what part of that the host took and not the machine under test.
//
// It is for tests and tools on the host; it imports the standard library only.
package polite

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bound is what no polite request may wait, from its first byte sent (for one on a
// connection of its own: from the call that connects) to the last of its answer.
const Bound = time.Second

// patience is when a request is given up, and counts as failed. Long enough to see
// how long a stall is.
const patience = 60 * time.Second

// A Load is what some clients do at a time.
type Load struct {
	Addr, Path string        // of the server, and what is asked for
	Want       string        // the right answer's body
	Conns      int           // each asks for the next as soon as it has the last
	Fresh      time.Duration // and one asks this often, each time on a new connection; 0 for none
	Requests   int           // on each of Conns; 0 for as many as there is time for
	Late       func(Wait)    // called once for each request that is beyond Bound and still waits; may be nil

	// Host, when not nil, says what part of a long wait is not the machine's.
	Host *Host
	// Gone ends when there is nobody left to answer: what waits then has failed.
	// nil for never.
	Gone context.Context
}

// Run puts the load on the server until ctx ends or every connection has had its
// requests. What is still unanswered then is waited for. The connections are made one
// after another, each when the one before has had an answer: QEMU's user network
// listens with room for one that it has not accepted, and what comes beside it the
// host drops, until it is tried again a second later.
func (l Load) Run(ctx context.Context) *Result {
	if l.Gone == nil {
		l.Gone = context.Background()
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(l.Gone, end)()
	began := time.Now()
	parts := make([]Result, l.Conns+1)
	var clients sync.WaitGroup
	for i := range l.Conns {
		name, first := fmt.Sprint("connection ", i), make(chan struct{})
		clients.Go(func() { l.keep(ctx, name, &parts[i], first) })
		<-first
	}
	if l.Fresh > 0 {
		clients.Go(func() { l.fresh(ctx, &parts[l.Conns]) })
	}
	clients.Wait()
	r := merge(parts, l.Host)
	r.Time = time.Since(began)
	return r
}

// keep asks on one connection, which it makes again only when it fails. It closes first
// when it has had an answer, or the lack of one.
func (l Load) keep(ctx context.Context, name string, r *Result, first chan<- struct{}) {
	var c *client
	told := sync.OnceFunc(func() { close(first) })
	defer told()
	for n := 0; ctx.Err() == nil && (l.Requests == 0 || n < l.Requests); n++ {
		w := l.timed(name, func(deadline time.Time) (err error) {
			if c == nil {
				if c, err = l.dial(deadline); err != nil {
					return err
				}
			}
			return c.ask(deadline)
		})
		r.add(w)
		told()
		if w.Err != nil {
			c.close()
			c = nil
			pause(ctx, 10*time.Millisecond)
		}
	}
	c.close()
}

// fresh asks on a new connection each time.
func (l Load) fresh(ctx context.Context, r *Result) {
	for n := 0; ctx.Err() == nil; n++ {
		begun := time.Now()
		r.add(l.timed(fmt.Sprint("fresh connection ", n), func(deadline time.Time) error {
			c, err := l.dial(deadline)
			if err != nil {
				return err
			}
			defer c.close()
			return c.ask(deadline)
		}))
		pause(ctx, time.Until(begun.Add(l.Fresh)))
	}
}

// timed measures one request and reports while it is late.
func (l Load) timed(name string, request func(deadline time.Time) error) Wait {
	w := Wait{Conn: name, Began: time.Now()}
	if l.Late != nil {
		now := w
		now.Took = Bound
		defer time.AfterFunc(Bound, func() { l.Late(now) }).Stop()
	}
	w.Err = request(w.Began.Add(patience))
	w.Took = time.Since(w.Began)
	return w
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// A client is one connection.
type client struct {
	load    Load
	watch   func() bool // ends the watch for who is gone
	conn    net.Conn
	in      *bufio.Reader
	request []byte
}

func (l Load) dial(deadline time.Time) (*client, error) {
	conn, err := (&net.Dialer{Deadline: deadline}).DialContext(l.Gone, "tcp", l.Addr)
	if err != nil {
		return nil, err
	}
	watch := context.AfterFunc(l.Gone, func() { conn.Close() })
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", l.Path, l.Addr)
	return &client{load: l, watch: watch, conn: conn, in: bufio.NewReader(conn), request: request}, nil
}

// close ends the connection; a client that was never made has none.
func (c *client) close() {
	if c != nil {
		c.watch()
		c.conn.Close()
	}
}

// ask sends the request and reads its whole answer.
func (c *client) ask(deadline time.Time) error {
	c.conn.SetDeadline(deadline)
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || string(body) != c.load.Want) {
		err = fmt.Errorf("the answer is %s and %d bytes: %.100q", answer.Status, len(body), body)
	}
	return err
}
