package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"yolk/boot/build"
	"yolk/boot/image"
	"yolk/boot/qemu"
)

const (
	connections = 10
	httpdPort   = 8080
	largeFile   = 64 << 10 // bytes
)

// A page is what is asked for, and how the server is started for it.
type page struct {
	name, path string
	args       []string
}

var pages = []page{
	{"built-in page", "/", nil},
	{"64 KiB file", "/large", []string{"-root", "/srv"}},
}

// A network connects a guest with the load.
type network struct {
	name   string
	netns  string // where emulator and load run; empty for the host's own
	yolk   []string
	linux  string // the guest's address with its prefix
	attach func(*qemu.Config) (url string, err error)
}

// measureHTTP loads the same web server, on Yolk and on Linux in turn.
func (b *bench) measureHTTP() error {
	if _, err := exec.LookPath("wrk"); err != nil {
		return errors.New("wrk is not installed: run scripts/setup, which installs it")
	}
	web, err := b.buildWeb()
	if err != nil {
		return err
	}
	linux, err := b.prepareLinux(filepath.Join(b.work, "srv"))
	if err != nil {
		b.leftOut("the Linux guest", err)
	}
	networks := []network{b.userNetwork()}
	if tap, remove, err := b.tapNetwork(); err != nil {
		b.leftOut("http over tap", err)
	} else {
		defer remove()
		networks = append(networks, tap)
	}
	for _, n := range networks {
		for _, p := range pages {
			if err := b.compare(n, p, web, linux); err != nil {
				b.leftOut(fmt.Sprintf("%s over %s", p.name, n.name), err)
			}
		}
	}
	return nil
}

// buildWeb makes the web server's image with a file to serve in it.
func (b *bench) buildWeb() (string, error) {
	srv := filepath.Join(b.work, "srv")
	if err := os.MkdirAll(srv, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(srv, "large"), make([]byte, largeFile), 0o644); err != nil {
		return "", err
	}
	b.say("building httpd with files")
	r, err := build.Build(b.ctx, build.Options{
		Target: filepath.Join(b.host.root, b.images["httpd"].dir), Platform: b.host.plat,
		Output: filepath.Join(b.work, "web.yolk"), Files: []image.Files{{Src: srv, Dst: "/srv"}},
	})
	if err != nil {
		return "", err
	}
	return r.Image, nil
}

// userNetwork is the emulator's own NAT. Each boot takes a port of its own,
// since the last one's may linger.
func (b *bench) userNetwork() network {
	return network{
		name: "user", yolk: []string{"ip=10.0.2.15/24", "gw=10.0.2.2"}, linux: "10.0.2.15/24",
		attach: func(c *qemu.Config) (string, error) {
			port, err := freePort()
			*c = b.withUserNet(*c, port)
			return fmt.Sprintf("http://127.0.0.1:%d", port), err
		},
	}
}

// compare runs rounds of all systems in turn. linux may be nil.
func (b *bench) compare(n network, p page, web string, linux *linuxGuest) error {
	b.say("asking for the %s over %s", p.name, n.name)
	h := HTTP{Network: n.name, Page: p.name}
	systems := make([]Load, 0, 3)
	configs := make([]qemu.Config, 0, 3)
	for _, m := range b.machines {
		systems = append(systems, Load{System: "Yolk", Machine: m})
		configs = append(configs, b.machine(m, web, n.yolk, p.args))
	}
	if linux != nil {
		systems = append(systems, Load{System: "Linux", Machine: linuxMachine})
		configs = append(configs, linux.config(b.machine(linuxMachine, linux.kernel, nil, nil), n.linux, p.args))
	}
	for range b.rounds {
		for i := range systems {
			s := &systems[i]
			r, err := b.load(n, p, configs[i])
			if err != nil {
				return fmt.Errorf("%s on %s: %w", s.System, s.Machine, err)
			}
			s.Rates = append(s.Rates, r.rate)
			s.Costs = append(s.Costs, milliseconds(r.used)/r.requests)
			s.Ready = append(s.Ready, milliseconds(r.ready))
			s.Failed += r.failed
		}
	}
	for i := range systems {
		s, last := &systems[i], systems[len(systems)-1]
		s.Rate, s.Cost = median(s.Rates), median(s.Costs)
		if linux != nil {
			s.Ratio = s.Rate / median(last.Rates)
			s.CostRatio = median(last.Costs) / s.Cost
		}
	}
	h.Loads = systems
	b.report.HTTP = append(b.report.HTTP, h)
	return nil
}

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
	ready, err := g.await(b.images["httpd"].marker, bootLimit)
	if err != nil {
		return r, err
	}
	before, _ := processorTime(g.cmd.Process.Pid)
	out, err := b.wrk(n, url+p.path)
	if err != nil {
		return r, err
	}
	after, _ := processorTime(g.cmd.Process.Pid)
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
		out, err := b.command("", argv[0], argv[1:]...)
		if err == nil || attempt == 3 || !strings.Contains(out, "unable to connect") {
			return out, err
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
