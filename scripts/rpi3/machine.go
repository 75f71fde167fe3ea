package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"yolk/boot/qemu"
	"yolk/boot/vmm"
)

// A machine is a running one.
type machine struct {
	url   string
	link  time.Duration // from the emulator's start to the link
	ready time.Duration // and to the first answer
	end   func()
	lines []string // of its console
	card  *qemu.Card
}

// limit is how long a machine may take to answer.
const limit = 2 * time.Minute

// start boots a system and waits until its program answers.
func start(ctx context.Context, s system) (*machine, error) {
	port, err := qemu.FreePort("tcp")
	if err != nil {
		return nil, err
	}
	c := s.Config
	c.Net.Forwards = []qemu.Forward{{Proto: "tcp", Addr: "127.0.0.1", Host: port, Guest: guestPort}}
	ctx, cancel := context.WithCancel(ctx)
	out, in := io.Pipe()
	ended := make(chan struct{})
	cards := make(chan *qemu.Card, 1)
	c.Card = func(card *qemu.Card) { cards <- card }
	began := time.Now()
	go func() {
		defer close(ended)
		_, err := c.Run(ctx, vmm.IO{Out: in, Err: os.Stderr})
		in.CloseWithError(err)
	}()
	m := &machine{url: fmt.Sprintf("http://127.0.0.1:%d/", port), end: func() { cancel(); <-ended }}
	up := make(chan time.Duration, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			m.lines = append(m.lines, lines.Text())
			if strings.HasSuffix(lines.Text(), "probe: link up") {
				up <- time.Since(began)
			}
		}
		close(up)
	}()
	select {
	case d, ok := <-up:
		if m.link = d; !ok {
			m.end()
			return nil, fmt.Errorf("%w: %q", errEnded, m.lines)
		}
	case <-time.After(limit):
		m.end()
		return nil, fmt.Errorf("no link after %v: %q", limit, m.lines)
	}
	for client := (http.Client{Timeout: 5 * time.Second}); ; time.Sleep(5 * time.Millisecond) {
		r, err := client.Get(m.url + "bytes/1")
		if err == nil {
			r.Body.Close()
			m.ready = time.Since(began)
			m.card = <-cards
			return m, nil
		}
		if time.Since(began) > limit {
			m.end()
			return nil, fmt.Errorf("no answer after %v: %w", limit, err)
		}
	}
}

// processorTime is what this process, which has the card's model, and the emulator have
// had of the host's processors.
func processorTime() (time.Duration, error) {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return 0, err
	}
	sum := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	tasks, err := os.ReadDir("/proc/self/task")
	for _, t := range tasks {
		children, _ := os.ReadFile("/proc/self/task/" + t.Name() + "/children")
		for _, pid := range strings.Fields(string(children)) {
			n, _ := strconv.Atoi(pid)
			d, err := qemu.ProcessorTime(n)
			if err != nil {
				return 0, err
			}
			sum += d
		}
	}
	return sum, err
}
