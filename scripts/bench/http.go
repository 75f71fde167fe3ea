package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"yolk/boot/build"
	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/scripts/bench/linuxguest"
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
	linux, err := b.linux.Make(b.main().plat.Arch, b.main().images["httpd"].dir, []image.Files{{Src: filepath.Join(b.work, "srv"), Dst: "/srv"}})
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
		Target: filepath.Join(b.root, b.main().images["httpd"].dir), Platform: b.main().plat,
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
			port, err := qemu.FreePort("tcp")
			*c = b.withUserNet(*c, port)
			return fmt.Sprintf("http://127.0.0.1:%d", port), err
		},
	}
}

// compare runs rounds of all systems in turn. linux may be nil.
func (b *bench) compare(n network, p page, web string, linux *linuxguest.Guest) error {
	b.say("asking for the %s over %s", p.name, n.name)
	loads, configs := b.contestants(n, p, web, linux)
	for range b.rounds {
		for i := range loads {
			l := &loads[i]
			r, err := b.load(n, p, configs[i])
			if err != nil {
				return fmt.Errorf("%s on %s: %w", l.System, l.Machine, err)
			}
			l.Rates = append(l.Rates, r.rate)
			l.Costs = append(l.Costs, milliseconds(r.used)/r.requests)
			l.Ready = append(l.Ready, milliseconds(r.ready))
			l.Failed += r.failed
		}
	}
	last := loads[len(loads)-1]
	for i := range loads {
		l := &loads[i]
		l.Rate, l.Cost = median(l.Rates), median(l.Costs)
		if linux != nil {
			l.Ratio, l.CostRatio = l.Rate/median(last.Rates), median(last.Costs)/l.Cost
		}
	}
	b.report.HTTP = append(b.report.HTTP, HTTP{n.name, p.name, loads})
	return nil
}

// contestants returns the systems to be loaded and how they are started; the
// Linux guest, if any, is the last.
func (b *bench) contestants(n network, p page, web string, linux *linuxguest.Guest) (loads []Load, configs []qemu.Config) {
	for _, m := range b.main().machines {
		loads = append(loads, Load{System: "Yolk", Machine: m})
		configs = append(configs, b.machine(b.main(), m, web, n.yolk, p.args))
	}
	if linux != nil {
		loads = append(loads, Load{System: "Linux", Machine: linuxguest.Machine})
		configs = append(configs, linux.Config(b.machine(b.main(), linuxguest.Machine, "", nil, nil), n.linux, p.args))
	}
	return loads, configs
}
