//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"yolk/boot/build"
)

// TestClocks: machines without one clock or the other find out how fast the processor
// counts all the same, or say what is missing.
func TestClocks(t *testing.T) {
	const has, hasNot = "it is 2026 or later: true", "it is 2026 or later: false"
	for _, c := range []struct {
		machine, options string
		status           int
		want             []string
	}{
		{"microvm", "log=info", 0, []string{"MHz from the PIT", has}},
		{"q35,pit=off", "log=info", 0, []string{"MHz from the HPET", has}},
		{"microvm,pit=off", "log=info", 0, []string{"MHz from the RTC", has}},
		{"microvm,rtc=off", "log=warn", 0, []string{"yolk: this machine has no clock: for the program it is 1970; give it one (rtc=on) or time=SECONDS", hasNot}},
		{"microvm,rtc=off", fmt.Sprintf("time=%d", time.Now().Unix()), 0, []string{has}},
		{"microvm,pit=off,rtc=off", "log=warn", 78, []string{"yolk: cannot start: no clock to find the processor's rate by"}},
	} {
		out, complaint, status := output(t, "run", "-machine", c.machine, "-net", "none", "-opt", c.options, image(t, probe), "--", "clock")
		for _, want := range c.want {
			if status != c.status || !strings.Contains(out, want) {
				t.Errorf("%s %s: status %d, no %q\n%s%s", c.machine, c.options, status, want, out, complaint)
			}
		}
		if strings.HasPrefix(c.options, "time=") && strings.Contains(out, "no clock") {
			t.Errorf("%s %s: a complaint though the time is given\n%s", c.machine, c.options, out)
		}
	}
}

// seen is an answer of testdata/clock, and when on this computer it was asked and
// answered.
type seen struct {
	Wall, Elapsed, Back, Sleeps int64
	Random, Math                string
	asked, answered             time.Time
	reused                      bool // the connection was used before
}

// look gets one answer of the program at port, for as long as the machine lives.
func look(t *testing.T, ctx context.Context, client *http.Client, port int) (s seen) {
	t.Helper()
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { s.reused = i.Reused }}
	for {
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), "GET", fmt.Sprintf("http://127.0.0.1:%d/", port), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.asked = time.Now()
		if answer, err := client.Do(r); err == nil {
			err = json.NewDecoder(answer.Body).Decode(&s)
			s.answered = time.Now()
			answer.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		select {
		case <-ctx.Done():
			t.Fatal("the machine ended")
		case <-time.After(50 * time.Millisecond): // QEMU accepts before the guest does
		}
	}
}

// right tells whether the time was right within a second.
func (s seen) right() bool {
	wall := time.Unix(0, s.Wall)
	return !wall.Before(s.asked.Add(-time.Second)) && !wall.After(s.answered.Add(time.Second))
}

// startClock runs testdata/clock on the machine with a monitor, and more flags.
func (m machine) startClock(t *testing.T, more ...string) (running context.Context, stop func(), port int, socket string) {
	t.Helper()
	port, socket = freePort(t), filepath.Join(t.TempDir(), "monitor")
	args := append(more, "-memory", "64M", "-p", fmt.Sprintf("%d:8080", port), "-qemu", "-qmp", "-qemu", "unix:"+socket+",server=on,wait=off", m.image(t, "./testdata/clock"))
	running, stop = background(t, m.run(t, args...))
	return running, stop, port, socket
}

// until waits for something, while the machine lives.
func until(t *testing.T, running context.Context, done func() bool) {
	t.Helper()
	for !done() {
		select {
		case <-running.Done():
			t.Fatal("the machine ended")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// clockMachines are one of each kind with a network.
func clockMachines(t *testing.T, test func(*testing.T, machine)) {
	for _, name := range []string{"microvm", "q35", "virt"} {
		m, ok := build.FindMachine(func(m build.Machine) bool { return m.Machine == name })
		if !ok {
			t.Fatal("no machine ", name)
		}
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, machine{m}) }) // it mostly waits
	}
}

// TestStopAndContinue: a machine that stood still for three seconds shows the right
// time a second later. What it measures and waits for knows nothing of these, and a
// connection goes on.
func TestStopAndContinue(t *testing.T) {
	t.Parallel()
	clockMachines(t, func(t *testing.T, m machine) {
		running, stop, port, socket := m.startClock(t)
		defer stop()
		client := &http.Client{Timeout: 20 * time.Second, Transport: new(http.Transport)}
		before := look(t, running, client, port)
		if !before.right() {
			t.Errorf("the clock of the machine is wrong: %+v", before)
		}
		const pause = 3 * time.Second
		q := monitor(t, socket)
		q("stop", nil)
		time.Sleep(pause)
		q("cont", nil)
		time.Sleep(time.Second)
		look(t, running, client, port) // which has it look, at the latest
		after := look(t, running, client, port)
		if !after.right() || !after.reused {
			t.Errorf("time and connection did not go on: %+v", after)
		}
		passed, real := time.Duration(after.Elapsed-before.Elapsed), after.answered.Sub(before.asked)
		if after.Back != 0 || passed < time.Second/2 || passed > real-pause+time.Second/2 {
			t.Errorf("%v passed in the machine, of %v here without %v; the clock went back %d times", passed, real, pause, after.Back)
		}
		if most := passed / (10 * time.Millisecond); time.Duration(after.Sleeps-before.Sleeps) > most+1 {
			t.Errorf("%d sleeps, of at most %d", after.Sleeps-before.Sleeps, most)
		}
	})
}

// TestClones: two machines that go on from one snapshot differ in their random bytes,
// from the first and from each other, show the right time and answer. What makes them
// differ is the processor's generator, a virtio-rng, or nothing but a generation id.
// So do the values of math/rand/v2: at once with a generation id, else from when the
// machine has waited.
func TestClones(t *testing.T) {
	t.Parallel()
	const noGenerator = "max,-rdrand,-rdseed"
	for _, c := range []struct {
		name, machine string
		flags         []string
	}{
		{"processor", "microvm", nil},
		{"processor on arm64", "virt", nil},
		{"device", "q35", []string{"-qemu", "-cpu", "-qemu", noGenerator, "-qemu", "-device", "-qemu", "virtio-rng-pci,disable-legacy=on"}},
		{"generation id", "q35", []string{"-qemu", "-cpu", "-qemu", noGenerator, "-opt", "entropy=insecure", "-qemu", "-device", "-qemu", "vmgenid,guid=auto"}},
	} {
		m, ok := build.FindMachine(func(m build.Machine) bool { return m.Machine == c.machine })
		if !ok {
			t.Fatal("no machine ", c.machine)
		}
		t.Run(c.name, func(t *testing.T) { t.Parallel(); machine{m}.clone(t, c.flags) })
	}
}

func (m machine) clone(t *testing.T, flags []string) {
	file := filepath.Join(t.TempDir(), "snapshot")
	running, stop, port, socket := m.startClock(t, flags...)
	defer stop()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	before := look(t, running, client, port)
	q := monitor(t, socket)
	q("stop", nil)
	q("migrate", map[string]any{"uri": "exec:cat > " + file + ".part && mv " + file + ".part " + file})
	until(t, running, func() bool { _, err := os.Stat(file); return err == nil })
	stop()
	time.Sleep(2 * time.Second) // which the clones must catch up
	drawn := map[string]bool{before.Random: true, before.Math: true}
	atOnce := slices.Contains(flags, "vmgenid,guid=auto")
	for range 2 {
		running, stop, port, socket := m.startClock(t, append(flags, "-qemu", "-incoming", "-qemu", "exec:cat "+file)...)
		defer stop()
		until(t, running, func() bool { return listens(socket) })
		q := monitor(t, socket)
		until(t, running, func() bool { return q("query-status", nil).(map[string]any)["status"] == "paused" })
		q("cont", nil)
		first := look(t, running, client, port)
		time.Sleep(time.Second)
		for i, s := range []seen{first, look(t, running, client, port), look(t, running, client, port)} {
			if drawn[s.Random] || drawn[s.Math] && (atOnce || i > 0) || s.Elapsed < before.Elapsed || s.Back != 0 {
				t.Errorf("drawn before, or back in time: answer %d, %+v", i, s)
			}
			drawn[s.Random], drawn[s.Math] = true, true
		}
		if s := look(t, running, client, port); !s.right() {
			t.Errorf("the clone's time is wrong: %+v", s)
		}
	}
}
