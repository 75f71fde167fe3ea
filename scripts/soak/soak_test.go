package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/scripts/chart"
)

func TestParseBeds(t *testing.T) {
	beds, err := parseBeds("24M/1,24M/2,microvm/256M/4")
	if got, want := fmt.Sprint(beds, err), "[q35/24M/1 microvm/24M/2 microvm/256M/4] <nil>"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, bad := range []string{"", "24M", "24/1", "a/b/24M/1", "24M/1/2", "24M/x"} {
		if beds, err := parseBeds(bad); err == nil {
			t.Errorf("%q is %v", bad, beds)
		}
	}
}

func TestParseAttacks(t *testing.T) {
	plan, err := parseAttacks("churn,synflood=20000,churn=5")
	if got, want := fmt.Sprint(plan, err), "[churn=100000 synflood=20000 churn=5] <nil>"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, bad := range []string{"", "nothing", "churn=", "churn=0", "churn=-1", "churn=x"} {
		if plan, err := parseAttacks(bad); err == nil {
			t.Errorf("%q is %v", bad, plan)
		}
	}
	if plan, err := parseAttacks(strings.Join(attackNames(), ",")); err != nil || len(plan) != len(attacks) {
		t.Errorf("%v, %v", plan, err)
	}
}

// TestInterval: of samples of a known median the interval holds it 95 times of 100,
// and is not wider than it must be.
func TestInterval(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const samples, size = 2000, 40
	held, width := 0, 0.0
	for range samples {
		v := make([]float64, size)
		for i := range v {
			v[i] = random.ExpFloat64() // a median of ln 2
		}
		low, high := interval(v)
		if low <= 0.6931 && 0.6931 <= high {
			held++
		}
		if m := median(v); m < low || m > high {
			t.Fatalf("median %v not in %v to %v", m, low, high)
		}
		width += (high - low) / samples
	}
	if held < samples*93/100 || width > 0.8 {
		t.Errorf("held in %d of %d, %.2f wide", held, samples, width)
	}
	if low, high := interval(nil); low != 0 || high != 0 || median(nil) != 0 {
		t.Error("no values have no median")
	}
	if low, high := interval([]float64{3}); low != 3 || high != 3 {
		t.Errorf("one value: %v to %v", low, high)
	}
}

func testRaw() *raw {
	return &raw{host: "\x02\x00\x00\x00\x00\x01", guest: "\x02\x00\x00\x00\x00\x02", hostIP: parseIP("10.77.0.1"), server: parseIP("10.77.0.2")}
}

// TestSYN: the flood is of right segments, from addresses that are nobody's.
func TestSYN(t *testing.T) {
	r, random := testRaw(), rand.New(rand.NewPCG(seed, 0))
	frame := make([]byte, header.EthernetMinimumSize+header.IPv4MinimumSize+header.TCPMinimumSize+4)
	from := map[tcpip.Address]bool{}
	for range 1000 {
		r.syn(frame, random)
		ip := header.IPv4(frame[header.EthernetMinimumSize:])
		tcp := header.TCP(ip.Payload())
		options := tcp.Options()
		if !ip.IsValid(len(ip)) || !ip.IsChecksumValid() || !tcp.IsChecksumValid(ip.SourceAddress(), ip.DestinationAddress(), checksum.Checksum(tcp.Payload(), 0), uint16(len(tcp.Payload()))) {
			t.Fatalf("% x is not a right segment", frame)
		}
		if tcp.Flags() != header.TCPFlagSyn || tcp.DestinationPort() != serverPort || header.ParseSynOptions(options, false).MSS != 1460 {
			t.Fatalf("% x is no SYN to the server", frame)
		}
		if b := ip.SourceAddress().As4(); b[0] != 198 || b[1]&^1 != 18 {
			t.Fatalf("from %v", ip.SourceAddress())
		}
		from[ip.SourceAddress()] = true
	}
	if len(from) < 900 {
		t.Errorf("from %d addresses", len(from))
	}
}

// TestWrong: wrong frames go to the machine, are no longer than frames can be, and
// come again in the same order.
func TestWrong(t *testing.T) {
	r := testRaw()
	again := rand.New(rand.NewPCG(seed, 0))
	random := rand.New(rand.NewPCG(seed, 0))
	buf, second := make([]byte, 1600), make([]byte, 1600)
	for range 20_000 {
		f := r.wrong(buf, random)
		if len(f) < header.EthernetMinimumSize || len(f) > header.EthernetMinimumSize+1500 || header.Ethernet(f).DestinationAddress() != r.guest {
			t.Fatalf("%d bytes: % x", len(f), f)
		}
		if !bytes.Equal(f, r.wrong(second, again)) {
			t.Fatal("another frame the second time")
		}
	}
}

// TestPaced: no more than the rate, and after a pause no more than the burst.
func TestPaced(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	began, n := time.Now(), 0
	paced(ctx, 10_000, 50, func() bool {
		if n++; n == 500 {
			end()
			return false
		}
		return true
	})
	if took := time.Since(began); took < 40*time.Millisecond || n != 500 {
		t.Errorf("%d in %v", n, took)
	}
}

// testTarget is a server here, for attacks that need no frames of their own.
func testTarget(t *testing.T, f http.HandlerFunc) *target {
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return &target{addr: s.Listener.Addr().String()}
}

func TestChurn(t *testing.T) {
	ok := testTarget(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page") })
	if did, err := churn.run(t.Context(), ok, 20); err != nil || did != "20 connections, 0 lost" {
		t.Errorf("%q, %v", did, err)
	}
	n := 0
	bad := testTarget(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 7 {
			panic(http.ErrAbortHandler)
		}
	})
	if did, err := churn.run(t.Context(), bad, 20); err == nil || did != "20 connections, 1 lost" {
		t.Errorf("%q, %v", did, err)
	}
}

// TestHold: as many connections as are wanted are held until the end, and those that
// the server ends are made again.
func TestHold(t *testing.T) {
	for _, a := range []attack{stalled, slowloris, pipeline} {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel() // each takes its time to connect
			ctx, end := context.WithCancel(t.Context())
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for b := make([]byte, 64<<10); ; {
					if _, err := w.Write(b); err != nil {
						return
					}
				}
			}))
			opened := 0
			s.Config.ConnState = func(_ net.Conn, state http.ConnState) { // new ones from one goroutine
				if state == http.StateNew {
					if opened++; opened == 5 {
						time.AfterFunc(200*time.Millisecond, end) // the attack's length
					}
				}
			}
			s.Start()
			defer s.Close()
			did, err := a.run(ctx, &target{addr: s.Listener.Addr().String()}, 5)
			if err != nil || did != "5 connections, 0 refused, 0 ended by the machine" {
				t.Errorf("%q, %v", did, err)
			}
		})
	}
}

func TestReport(t *testing.T) {
	a := Attack{Machine: "q35/64M/1", Name: "stalled", Strength: 2000}
	r := Report{[]Attack{a}}
	if err := r.verdict(); err != nil {
		t.Error(err)
	}
	r.Attacks[0].note(nil)
	r.Attacks[0].note(errors.New("the machine ended"))
	if err := r.verdict(); err == nil {
		t.Error("no harm?")
	}
	r.Attacks[0].Longest, r.Attacks[0].Late = 2.5, 1
	if picture := string(r.draw()); !strings.Contains(picture, "q35/64M/1, stalled") || !strings.Contains(picture, chart.Wrong) || !strings.Contains(picture, "2500 ms") {
		t.Error(picture)
	}
	var b strings.Builder
	r.print(&b)
	for _, want := range []string{"stalled=2000", "WRONG"} {
		if !strings.Contains(b.String(), want) || !strings.Contains(r.Attacks[0].String(), want) {
			t.Errorf("no %q in %q or %q", want, b.String(), r.Attacks[0])
		}
	}
}
