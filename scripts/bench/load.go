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
	out, err := b.wrk(n, url+p.path)
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
func (b *bench) wrk(n network, url string) (string, error) {
	argv := []string{"wrk", "-t1", fmt.Sprint("-c", connections), "-d" + b.seconds.String(), url}
	if n.netns != "" {
		argv = append([]string{"ip", "netns", "exec", n.netns}, argv...)
	}
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
	for _, re := range []*regexp.Regexp{wrkErrors, wrkStatus} {
		m := re.FindStringSubmatch(out)
		for i := 1; i < len(m); i++ {
			n, _ := strconv.Atoi(m[i])
			r.failed += n
		}
	}
	return r, nil
}
