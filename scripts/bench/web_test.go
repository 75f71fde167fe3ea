package main

import (
	"errors"
	"math"
	"os"
	"path/filepath"
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
	if picture := string(r.draw()); !strings.Contains(picture, "10 connections, 1 CPU") || !strings.Contains(picture, "Yolk, tap, sends, 10 MB") {
		t.Error("the picture lacks something")
	}
}

// TestJournal: what was measured is not measured again, unless it failed, or with other
// sources; the journal of a run that ended is gone.
func TestJournal(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal")
	measured := 0
	session := func(about string, fails error) (figure Web) {
		t.Helper()
		j, err := openJournal(name, about)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.once("a", &figure, func() error { measured++; figure.Rate = 5; figure.System = "Yolk"; return fails }); !errors.Is(err, fails) {
			t.Error(err)
		}
		if err := j.close(false); err != nil {
			t.Error(err)
		}
		return figure
	}
	failed := errors.New("failed")
	session("one", failed)
	session("one", nil)
	if w := session("one", nil); measured != 2 || w.Rate != 5 || w.System != "Yolk" {
		t.Errorf("%d times, %+v", measured, w)
	}
	if session("another", nil); measured != 3 {
		t.Errorf("other sources, the same figures: %d", measured)
	}
	session("a-dirty", nil)
	if session("a-dirty", nil); measured != 5 {
		t.Errorf("sources that are not committed are taken for the same: %d", measured)
	}
	j, err := openJournal(name, "one")
	if err == nil {
		err = j.close(true)
	}
	if _, gone := os.Stat(name); !errors.Is(gone, os.ErrNotExist) || err != nil {
		t.Errorf("%v, %v", gone, err)
	}
	if err := os.WriteFile(name, []byte("no journal\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(name, "one"); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("no journal: %v", err)
	}
}
