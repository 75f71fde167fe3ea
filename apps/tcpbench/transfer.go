package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"time"
)

// A connection begins with nine bytes: who sends, and how many bytes, big-endian. Then
// those come, whatever they are; who received them says so with one byte.
const (
	headLen    = 9
	clientSays = 0
	serverSays = 1
	thanks     = 1
	// stall is how long an end waits for the other one.
	stall = time.Minute
)

// block is what is written and read at a time.
const block = 64 << 10

// serve answers until l is closed, one connection after the other: two would share the
// network.
func serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		if err := answer(c); err != nil {
			log.Printf("%s: %v", c.RemoteAddr(), err)
		}
		c.Close()
	}
}

// answer is the other end of send and receive.
func answer(c net.Conn) error {
	var head [headLen]byte
	c.SetDeadline(time.Now().Add(stall))
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint64(head[1:])
	switch head[0] {
	case clientSays:
		return take(c, n)
	case serverSays:
		return give(c, n)
	}
	return fmt.Errorf("no head of tcpbench: % x", head)
}

// A direction moves n bytes over a new connection.
type direction func(c net.Conn, n uint64) error

// send sends n bytes.
func send(c net.Conn, n uint64) error { return errors.Join(begin(c, clientSays, n), give(c, n)) }

// receive receives n bytes.
func receive(c net.Conn, n uint64) error { return errors.Join(begin(c, serverSays, n), take(c, n)) }

func begin(c net.Conn, who byte, n uint64) error {
	_, err := c.Write(binary.BigEndian.AppendUint64([]byte{who}, n))
	return err
}

// give writes n bytes and waits until they have been read.
func give(c net.Conn, n uint64) error {
	buf := make([]byte, block)
	for n > 0 {
		c.SetDeadline(time.Now().Add(stall))
		k, err := c.Write(buf[:min(n, block)])
		if n -= uint64(k); err != nil {
			return err
		}
	}
	_, err := io.ReadFull(c, buf[:1])
	return err
}

// take reads n bytes and says so.
func take(c net.Conn, n uint64) error {
	buf := make([]byte, block)
	for n > 0 {
		c.SetDeadline(time.Now().Add(stall))
		k, err := c.Read(buf[:min(n, block)])
		if n -= uint64(k); err != nil {
			return err
		}
	}
	_, err := c.Write([]byte{thanks})
	return err
}

// A summary is what a row of figures has in common (B. P. Welford, Technometrics 4(3),
// 1962: the sum of squares without their cancellation).
type summary struct {
	n             int
	mean, squares float64
	least, most   float64
}

func (s *summary) add(v float64) {
	if s.n++; s.n == 1 {
		s.least, s.most = v, v
	}
	before := v - s.mean
	s.mean += before / float64(s.n)
	s.squares += before * (v - s.mean)
	s.least, s.most = min(s.least, v), max(s.most, v)
}

// deviation is the standard deviation of what the figures are a sample of, 0 for one.
func (s *summary) deviation() float64 {
	if s.n < 2 {
		return 0
	}
	return math.Sqrt(s.squares / float64(s.n-1))
}
