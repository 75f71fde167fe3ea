//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"yolk/scripts/kvm/task"
)

// Numbers of requests: enough that what is done once does not count.
const (
	warm   = 100
	alone  = 200 // on one connection
	crowd  = 10  // connections
	shared = 800 // requests on all of them
)

// serve runs a machine that answers requests, and counts its exits.
func serve(t task.Task) error {
	m, err := start(t.Args, t.Want)
	if err != nil {
		return err
	}
	select {
	case <-m.said:
		if err = m.load(t); err != nil {
			err = fmt.Errorf("%w\na request on a new connection afterwards: %v", err, m.ask(t.Address, 1, 1))
		}
	case <-m.all:
		err = errors.New("it ended")
	case <-time.After(task.Patience):
		err = fmt.Errorf("it did not say %q in %v", t.Want, task.Patience)
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, m.autopsy())
	}
	m.stop()
	if err != nil {
		return m.fault("%v", err)
	}
	return nil
}

// load asks the machine, which listens.
func (m *machine) load(t task.Task) error {
	if err := reach(t.Address); err != nil {
		return err
	}
	if err := m.ask(t.Address, crowd, warm); err != nil {
		return err
	}
	showReasons("begin")
	one, err := m.cost(t.Address, 1, alone)
	if err != nil {
		return err
	}
	showReasons(fmt.Sprintf("%d requests on one connection", alone))
	ten, err := m.cost(t.Address, crowd, shared)
	if err != nil {
		return err
	}
	showReasons(fmt.Sprintf("%d requests on %d connections", shared, crowd))
	const idle = 2
	time.Sleep(time.Second / 2) // what the last requests left to do is done
	before := allExits.count()
	time.Sleep(idle * time.Second)
	quiet := allExits.count() - before
	showReasons(fmt.Sprintf("%d idle seconds", idle))
	fmt.Printf("kvm: %s: ok, %d exits before it said %q; a request: %v with one connection, %v with %d; %.1f in an idle second\n",
		t.Name, m.exits, t.Want, one, ten, crowd, float64(quiet)/idle)
	if own := one.all - one.host; t.Exits != 0 && own > t.Exits {
		return fmt.Errorf("a request costs %.1f exits of its own, more than %.1f", own, t.Exits)
	}
	return nil
}

// reach waits until the machine answers on the network, which comes up beside a program that
// listens already.
func reach(address string) error {
	for end := time.Now().Add(task.Patience); ; time.Sleep(100 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", address, task.Patience)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return err
		}
	}
}

// A price is what a request costs in exits, and those of them that are the host's
// interrupts.
type price struct{ all, host float64 }

func (p price) String() string { return fmt.Sprintf("%.1f (%.1f the host's)", p.all, p.host) }

// cost returns the price of a request.
func (m *machine) cost(address string, connections, requests int) (price, error) {
	all, host := allExits.count(), hostExits.count()
	err := m.ask(address, connections, requests)
	each := func(n int) float64 { return float64(n) / float64(requests) }
	return price{each(allExits.count() - all), each(hostExits.count() - host)}, err
}

// ask makes requests on a number of connections. Each must be answered.
func (m *machine) ask(address string, connections, requests int) error {
	var left atomic.Int64
	left.Store(int64(requests))
	errs := make([]error, connections)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() { errs[i] = m.connection(address, &left) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// connection makes requests on one connection while there are some left. It does
// without net/http's client, whose work would take the processor from the machine.
func (m *machine) connection(address string, left *atomic.Int64) error {
	c, err := net.DialTimeout("tcp", address, task.Patience)
	if err != nil {
		return err
	}
	defer c.Close()
	came := &transcript{Conn: c}
	in := bufio.NewReader(came)
	for left.Add(-1) >= 0 {
		came.bytes = came.bytes[:0]
		c.SetDeadline(time.Now().Add(task.Answer))
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+address+"\r\n\r\n"); err != nil {
			return err
		}
		if err := answer(in); err != nil {
			err = fmt.Errorf("%w, after %q\n%s", err, came.bytes, m.autopsy()) // before the connection is closed
			return fmt.Errorf("%w\nand after the end of the requests: %q", err, came.rest())
		}
	}
	return nil
}

// A transcript is a connection that keeps what came.
type transcript struct {
	net.Conn
	bytes []byte
}

func (c *transcript) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.bytes = append(c.bytes, b[:n]...)
	return n, err
}

// rest ends the requests and returns what still comes. A server that has part of a request
// says that it is a bad one; one that has none just ends the connection.
func (c *transcript) rest() []byte {
	c.Conn.(*net.TCPConn).CloseWrite()
	c.SetDeadline(time.Now().Add(task.Answer))
	rest, err := io.ReadAll(c.Conn)
	return fmt.Append(rest, " ", err)
}

// answer reads the answer to a request, which must be a page.
func answer(in *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")):
			return fmt.Errorf("an answer begins with %q", line)
		case len(line) <= len("\r\n"):
			if length == 0 {
				return errors.New("an answer without a length")
			}
			_, err := in.Discard(length)
			return err
		}
		if number, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(number)))
		}
	}
}
