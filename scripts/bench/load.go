package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"yolk/boot/qemu"
)

// A run is one server's answers to one load.
type run struct {
	rate     float64       // requests a second
	requests float64       // answered
	failed   int           // requests
	ready    time.Duration // from the emulator's start to listening
	used     time.Duration // processor time of the emulator under the load

	p50, p90, p99 time.Duration // how long requests took; 0 if wrk was not asked
}

// load boots a web server and sends it requests.
func (b *bench) load(n network, p page, c qemu.Config) (r run, err error) {
	url, err := n.attach(&c)
	if err != nil {
		return r, err
	}
	g, err := launch(b.ctx, n.netns, append([]string{c.Program()}, c.Args()...))
	if err != nil {
		return r, err
	}
	defer g.stop()
	ready, err := g.await(b.main().images["httpd"].marker, bootLimit)
	if err != nil {
		return r, err
	}
	before, _ := qemu.ProcessorTime(g.cmd.Process.Pid)
	out, err := b.wrk(n.netns, connections, url+p.path)
	if err != nil {
		return r, err
	}
	after, _ := qemu.ProcessorTime(g.cmd.Process.Pid)
	r, err = parseWrk(out)
	r.ready, r.used = ready, after-before
	return r, err
}

// wrk runs the load. A server that has just come up may not be reached on the
// first attempt: the host then still resolves its address.
func (b *bench) wrk(netns string, connections int, url string, options ...string) (string, error) {
	argv := append([]string{"wrk", "-t1", fmt.Sprint("-c", connections), fmt.Sprintf("-d%ds", int(b.seconds.Seconds())), url}, options...)
	argv = within(netns, argv)
	for attempt := 1; ; attempt++ {
		out, err := exec.CommandContext(b.ctx, argv[0], argv[1:]...).CombinedOutput()
		switch {
		case err == nil:
			return string(out), nil
		case attempt == 3 || !strings.Contains(string(out), "unable to connect"):
			return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
		}
	}
}

var (
	wrkRate   = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	wrkCount  = regexp.MustCompile(`(\d+) requests in`)
	wrkErrors = regexp.MustCompile(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
	wrkSlow   = regexp.MustCompile(`(?m)^\s+(50|90|99)%\s+([0-9.]+)(us|ms|s|m|h)\s*$`)
	wrkStatus = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// parseWrk reads wrk's summary. A load without one answer is an error.
func parseWrk(out string) (r run, err error) {
	rate, count := wrkRate.FindStringSubmatch(out), wrkCount.FindStringSubmatch(out)
	if rate == nil || count == nil {
		return r, fmt.Errorf("wrk printed no rate: %q", out)
	}
	r.rate, _ = strconv.ParseFloat(rate[1], 64)
	r.requests, _ = strconv.ParseFloat(count[1], 64)
	if r.rate == 0 || r.requests == 0 {
		return r, errors.New("no request was answered")
	}
	for _, m := range wrkSlow.FindAllStringSubmatch(out, -1) {
		d, err := time.ParseDuration(m[2] + m[3])
		if err != nil {
			return r, err
		}
		*map[string]*time.Duration{"50": &r.p50, "90": &r.p90, "99": &r.p99}[m[1]] = d
	}
	for _, re := range []*regexp.Regexp{wrkErrors, wrkStatus} {
		m := re.FindStringSubmatch(out)
		for i := 1; i < len(m); i++ {
			n, _ := strconv.Atoi(m[i])
			r.failed += n
		}
	}
	return r, nil
}
