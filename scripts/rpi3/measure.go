package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// block is what the probe's bytes are made of.
var block = func() []byte {
	b := make([]byte, 64<<10)
	for i := range b {
		b[i] = byte(i*i>>3 + i)
	}
	return b
}()

// stream reads n bytes as the probe sends them.
func stream(n int64) io.Reader { return io.LimitReader(&repeat{}, n) }

type repeat struct{ at int }

func (r *repeat) Read(b []byte) (int, error) {
	n := copy(b, block[r.at:])
	r.at = (r.at + n) % len(block)
	return n, nil
}

// sum is the SHA-256 of n of the probe's bytes.
func sum(n int64) string {
	h := sha256.New()
	io.Copy(h, stream(n))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// measure boots a system and prints how it does.
func (o *options) measure(ctx context.Context, s system) error {
	m, err := start(ctx, s)
	if err != nil {
		return err
	}
	defer m.end()
	if err := m.checked(o.bytes); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes each way, SHA-256 right\n", s.name, o.bytes)
	if o.check {
		return nil
	}
	fmt.Printf("%s: link after %.2f s, answer after %.2f s\n", s.name, m.link.Seconds(), m.ready.Seconds())
	if err := m.idle(s.name, o.time); err != nil {
		return err
	}
	if err := m.bulk(s.name, o.time); err != nil {
		return err
	}
	return m.requests(s.name, o.time)
}

var errBytes = errors.New("the bytes that arrived are others")

// checked moves n bytes each way.
func (m *machine) checked(n int64) error {
	want := sum(n)
	r, err := http.Get(fmt.Sprintf("%sbytes/%d", m.url, n))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r.Body); err != nil || fmt.Sprintf("%x", h.Sum(nil)) != want {
		return fmt.Errorf("from the machine: %w (%w)", errBytes, err)
	}
	answer, err := m.post("hash", n)
	if err != nil || answer != fmt.Sprintf("%d %s", n, want) {
		return fmt.Errorf("to the machine: %w: %s (%w)", errBytes, answer, err)
	}
	return nil
}

// post sends n bytes and returns the answer.
func (m *machine) post(path string, n int64) (string, error) {
	r, err := http.Post(m.url+path, "application/octet-stream", stream(n))
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return string(text), err
}

// idle prints what a machine costs that does nothing.
func (m *machine) idle(name string, d time.Duration) error {
	http.DefaultClient.CloseIdleConnections()
	time.Sleep(2 * time.Second)
	before, err := processorTime()
	if err != nil {
		return err
	}
	time.Sleep(d)
	after, err := processorTime()
	if err == nil {
		fmt.Printf("%s: idle, %.2f %% of a processor\n", name, 100*(after-before).Seconds()/d.Seconds())
	}
	return err
}

// bulk prints how fast bytes move each way over one connection.
func (m *machine) bulk(name string, d time.Duration) error {
	const piece = 4 << 20
	for way, move := range map[string]func() error{
		"out": func() error {
			r, err := http.Get(fmt.Sprintf("%sbytes/%d", m.url, piece))
			if err != nil {
				return err
			}
			defer r.Body.Close()
			_, err = io.Copy(io.Discard, r.Body)
			return err
		},
		"in": func() error {
			_, err := m.post("sink", piece)
			return err
		},
	} {
		n := 0
		before := m.card.Chip.Stats()
		used, _ := processorTime()
		began := time.Now()
		for ; time.Since(began) < d; n++ {
			if err := move(); err != nil {
				return err
			}
		}
		took, now := time.Since(began).Seconds(), m.card.Chip.Stats()
		cost, err := processorTime()
		if err != nil {
			return err
		}
		mb := float64(n*piece) / 1e6
		fmt.Printf("%s: TCP %s, %.1f MB/s, %.0f ms of processor a MB; %.1f frames a transfer in, %.1f out\n", name, way, mb/took,
			(cost-used).Seconds()*1000/mb,
			float64(now.RxFrames-before.RxFrames)/float64(now.RxBursts-before.RxBursts),
			float64(now.TxFrames-before.TxFrames)/float64(now.TxTransfers-before.TxTransfers))
	}
	return nil
}

var rate = regexp.MustCompile(`Requests/sec: +([0-9.]+)`)

// requests prints how many requests a second are answered.
func (m *machine) requests(name string, d time.Duration) error {
	for _, connections := range []string{"1", "10"} {
		var row bytes.Buffer
		for _, size := range []string{"64", "1024", "4096", "16384", "65536", "262144"} {
			out, err := exec.Command("wrk", "-t1", "-c"+connections, "--timeout", "30s", fmt.Sprintf("-d%ds", int(d.Seconds())), m.url+"bytes/"+size).CombinedOutput()
			found := rate.FindSubmatch(out)
			if err != nil || found == nil || strings.Contains(string(out), "Socket errors") {
				return fmt.Errorf("wrk: %w: %s", err, out)
			}
			fmt.Fprintf(&row, " %s B %s", size, found[1])
		}
		fmt.Printf("%s: requests/s, %s connections:%s\n", name, connections, row.String())
	}
	return nil
}
