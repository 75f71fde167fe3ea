package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"yolk/boot/qemu"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 100}, 3}} {
		if got := median(c.in); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

// TestSearch looks for every threshold on a small line.
func TestSearch(t *testing.T) {
	for want := 64; want <= 4096; want += 64 {
		asked := 0
		got := search(0, 4096, 64, func(v int) bool { asked++; return v >= want })
		if got != want || asked > 6 {
			t.Errorf("threshold %d: found %d with %d questions", want, got, asked)
		}
	}
}

func TestParseWrk(t *testing.T) {
	const good = "  3667 requests in 3.00s, 2.5MB read\nRequests/sec:   1222.50\nTransfer/sec: 1MB\n"
	r, err := parseWrk(good)
	if r.rate != 1222.5 || r.requests != 3667 || r.failed != 0 || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = parseWrk("Socket errors: connect 1, read 2, write 3, timeout 4\nNon-2xx or 3xx responses: 5\n" + good)
	if r.failed != 15 || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	for _, s := range []string{"", "unable to connect", "0 requests in 3s\nRequests/sec:      0.00\n"} {
		if _, err := parseWrk(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestProbeClock(t *testing.T) {
	if n, err := probeClock("yolk: hello\r\nprobe: clock 3279748 ns\r\n"); n != 3279748 || err != nil {
		t.Errorf("%v, %v", n, err)
	}
	for _, s := range []string{"", "probe: clock ", "probe: clock x ns", "probe: clock 12"} {
		if _, err := probeClock(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

// TestMonitor plays the emulator's side of a QMP connection.
func TestMonitor(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		defer theirs.Close()
		lines := bufio.NewScanner(theirs)
		for _, answer := range []string{
			`{"return": {}}`,
			`{"event": "RESUME", "data": {}} {"return": "Translation buffer state:\r\nTB count            7470\r\n"}`,
			`{"error": {"class": "GenericError", "desc": "no such command"}}`,
		} {
			if !lines.Scan() {
				return
			}
			io.WriteString(theirs, answer+"\n")
		}
	}()
	go io.WriteString(theirs, `{"QMP": {"version": {}}}`)
	m := monitor{ours, json.NewDecoder(ours)}
	if err := m.start(); err != nil {
		t.Fatal(err)
	}
	text, err := m.command("info jit")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := parseBlocks(text); n != 7470 || err != nil {
		t.Errorf("%v, %v from %q", n, err, text)
	}
	if _, err := m.command("nonsense"); err == nil || !strings.Contains(err.Error(), "no such command") {
		t.Errorf("an error: %v", err)
	}
	if _, err := parseBlocks("[TCG profiler not compiled]"); err == nil {
		t.Error("a text without a count is accepted")
	}
}

// TestFloor checks what a multiboot loader checks, and that the code's operands
// point at the text.
func TestFloor(t *testing.T) {
	b, le := floorX86(), binary.LittleEndian
	if sum := le.Uint32(b) + le.Uint32(b[4:]) + le.Uint32(b[8:]); sum != 0 || le.Uint32(b) != 0x1badb002 {
		t.Errorf("header % x", b[:12])
	}
	if entry := le.Uint32(b[28:]); entry != floorBase+32 {
		t.Errorf("entry %#x", entry)
	}
	text, n := le.Uint32(b[32+5:])-floorBase, le.Uint32(b[32+10:])
	if int(text+n) != len(b) || string(b[text:text+n]) != "floor\r\n" {
		t.Errorf("text at %#x, %d bytes", text, n)
	}
	if len(b) > 80 {
		t.Errorf("the floor has grown to %d bytes", len(b))
	}
}

// TestGuest runs shell commands in the emulator's place.
func TestGuest(t *testing.T) {
	g, err := launch(t.Context(), "", []string{"sh", "-c", "echo one; echo two; while :; do :; done"})
	if err != nil {
		t.Fatal(err)
	}
	if took, err := g.await("two", 30*time.Second); err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	used := time.Duration(0)
	for end := time.Now().Add(30 * time.Second); used == 0 && err == nil && time.Now().Before(end); { // it may count in ticks
		used, err = qemu.ProcessorTime(g.cmd.Process.Pid)
	}
	if err == nil && (used <= 0 || used > 10*time.Second) {
		t.Errorf("processor time %v", used)
	}
	if _, err := g.await("three", time.Millisecond); !errors.Is(err, errEnded) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a silent guest: %v", err)
	}
	g.stop()

	g, err = launch(t.Context(), "", []string{"sh", "-c", "echo broken >&2"})
	if err != nil {
		t.Fatal(err)
	}
	defer g.stop()
	if _, err := g.await("up", 30*time.Second); !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a guest that ended: %v", err)
	}
}

// TestDraw checks that the picture is well-formed XML with every system in it.
func TestDraw(t *testing.T) {
	r := &Report{
		Boot:   []Boot{{Machine: "q35", System: "floor"}, {Machine: "q35", System: "a<b", AfterFloor: 12}, {Machine: "q35", System: "Linux + c", AfterFloor: 99}},
		Memory: []Memory{{"helloworld", "q35", 4, 3776}},
		HTTP:   []HTTP{{"user", "page", []Load{{System: "Yolk", Rate: 10}, {System: "Linux", Rate: 5}}}},
	}
	out := string(r.draw())
	d := xml.NewDecoder(strings.NewReader(out))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{"Yolk a&lt;b", ">Linux + c", "helloworld", "Linux", peers[0].name, "12 ms", "4.0 MiB"} {
		if !strings.Contains(out, s) {
			t.Errorf("%q is missing", s)
		}
	}
	if strings.Contains(string((&Report{}).draw()), "<text") {
		t.Error("a picture of nothing has text")
	}
}

// TestPrint checks that missed goals are said to be missed.
func TestPrint(t *testing.T) {
	var b strings.Builder
	r := &Report{
		Size:    []Size{{"helloworld", "kvm amd64", goalHelloSize}, {"httpd", "kvm amd64", goalHTTPDSize + 1}, {"other", "kvm arm64", 1}},
		HTTP:    []HTTP{{"user", "page", []Load{{System: "Yolk", Rates: []float64{1}, Ready: []float64{1}, Ratio: 0.5}}}},
		Scale:   []Scale{{System: "Yolk", Machine: "q35", One: []float64{4}, Two: []float64{2}, SpeedUp: 2, Ratio: 1.01}, {System: "Linux", Machine: "q35", One: []float64{3}, Two: []float64{2}, SpeedUp: 1.5}},
		LeftOut: []string{"wrk: missing"},
	}
	r.print(&b)
	for line, missed := range map[string]bool{"helloworld": false, "httpd": true, "page, user": true, "Yolk, q35": false} {
		_, rest, found := strings.Cut(b.String(), "\n"+line)
		rest, _, _ = strings.Cut(rest, "\n")
		if !found || strings.Contains(rest, "missed") != missed {
			t.Errorf("%s: %q", line, rest)
		}
	}
	if !strings.Contains(b.String(), "left out: wrk: missing") {
		t.Error("what was left out is not said")
	}
}
