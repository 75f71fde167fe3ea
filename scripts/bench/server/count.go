package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"time"
)

// A count is a load that is counted.
type count struct {
	server      string
	port        int
	connections int
	size        int
}

// requests are asked for each count, and a half of them before, so that nothing is done
// for the first time.
const requests = 400

// countAll prints what a request costs both ends.
func countAll() error {
	for _, c := range []count{
		{"raw", 8081, 1, 64}, {"raw", 8081, 10, 64}, {"raw", 8081, 10, 64 << 10},
		{"net/http", 8080, 1, 64}, {"net/http", 8080, 10, 64}, {"net/http", 8080, 10, 64 << 10},
	} {
		cost, err := c.measure()
		if err != nil {
			return err
		}
		fmt.Printf("server: count %s c%d %d bytes: %d ns\n", c.server, c.connections, c.size, cost.Nanoseconds())
	}
	return nil
}

func (c count) measure() (time.Duration, error) {
	var conns []net.Conn
	for range c.connections {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", c.port))
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	if err := c.ask(conns, requests/2); err != nil {
		return 0, err
	}
	began := time.Now()
	err := c.ask(conns, requests)
	return time.Since(began) / requests, err
}

// ask makes n requests, divided among connections.
func (c count) ask(conns []net.Conn, n int) error {
	done := make(chan error, len(conns))
	for _, conn := range conns {
		go func() { done <- c.askOn(conn, n/len(conns)) }()
	}
	var errs error
	for range conns {
		errs = errors.Join(errs, <-done)
	}
	return errs
}

// askOn makes n requests, one after the other, and passes over the answers.
func (c count) askOn(conn net.Conn, n int) error {
	request := fmt.Appendf(nil, "GET /%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", c.size)
	in := bufio.NewReaderSize(conn, 64<<10)
	for range n {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return err
			}
			if len(line) == len("\r\n") {
				break
			}
		}
		if _, err := in.Discard(c.size); err != nil {
			return err
		}
	}
	return nil
}
