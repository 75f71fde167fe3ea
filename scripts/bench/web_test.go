package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestParseLatency: wrk's words for how long requests took, in all its units.
func TestParseLatency(t *testing.T) {
	r, err := parseWrk("  Latency Distribution\n     50%  850.00us\n     75%    2.00ms\n     90%    3.50ms\n     99%    1.20s \n" +
		"  3667 requests in 3.00s, 2.5MB read\nRequests/sec:   1222.50\n")
	if err != nil || r.p50 != 850*time.Microsecond || r.p90 != 3500*time.Microsecond || r.p99 != 1200*time.Millisecond {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestParseCounts(t *testing.T) {
	got, err := parseCounts("Yolk", "server: listening\r\nserver: count raw c1 64 bytes: 45678 ns\r\nserver: counted\r\n")
	if err != nil || len(got) != 1 || got[0] != (WebCount{"Yolk", "raw c1 64 bytes", 45678}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := parseCounts("Yolk", "server: listening"); err == nil {
		t.Error("no counts are accepted")
	}
}

func TestParseTransfers(t *testing.T) {
	const text = "tcpbench: in: 12.500 Mbit/s\ntcpbench: in: 7.5 Mbit/s\ntcpbench: in: 2 x 10 bytes: 10.0 Mbit/s, standard deviation\n"
	if got, err := parseTransfers(text, 2); err != nil || got[0] != 12.5 || got[1] != 7.5 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseTransfers(text, 3); err == nil {
		t.Error("two figures are three")
	}
}

func TestStatistics(t *testing.T) {
	v := []float64{2, 4, 4, 4, 5, 5, 7, 9}
	if m, d := mean(v), deviation(v); m != 5 || math.Abs(d-math.Sqrt(32.0/7)) > 1e-12 {
		t.Errorf("%v, %v", m, d)
	}
	if mean(nil) != 0 || deviation(v[:1]) != 0 {
		t.Error("of nothing")
	}
}

// TestTables: each load has a row with a median for each server, a cell that was not
// measured has none, and rates are compared with the right ones.
func TestTables(t *testing.T) {
	r := &Report{WebCount: []WebCount{{"Yolk", "raw", 10}, {"Linux", "raw", 20}}}
	add := func(system, server string, rates ...float64) {
		for _, rate := range rates {
			r.Web = append(r.Web, Web{webCell: webCell{1, 10, 64, system, server}, Rate: rate, P50: 1, P99: 2.5})
		}
	}
	add("Yolk", "net/http", 300, 900, 600)
	add("Yolk", "raw", 1000)
	add("Linux", "net/http", 300)
	add("nginx", "nginx", 500)
	r.TCP = []TCP{{"tap", "sends", "Yolk", 10e6, []float64{90, 110}}, {"tap", "sends", "Linux", 10e6, []float64{50}}, {"tap", "sends", "Yolk", 10e6, []float64{100}}}
	var b strings.Builder
	r.markdown(&b)
	for _, want := range []string{
		"| 1 CPU, c10, 64 B | 600 | 1000 | 300 | 500 | 2.00 | 1.20 | - |\n",
		"| 1 CPU, c10, 64 B | 1.00 / 0.00 / 2.50 |",
		"| raw | 10 | 20 | 0.50 |\n",
		"| tap, sends, 10 MB | 100.0 ± 10.0 % of 3 | 50.0 ± 0.0 % of 1 | 2.00 |\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "c1, 64 B") || strings.Contains(b.String(), "2 CPU") {
		t.Error("there are rows of nothing")
	}
	if picture := string(r.draw()); !strings.Contains(picture, "10 connections, 1 CPU") || !strings.Contains(picture, "TCP: tap") || !strings.Contains(picture, "Yolk sends, 10 MB") {
		t.Error("the picture lacks something")
	}
}
