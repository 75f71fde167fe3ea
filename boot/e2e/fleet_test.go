//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// detached starts machines in the background, in a folder of the test's own, and ends
// them with the test.
func detached(t *testing.T) (do func(args ...string) string) {
	t.Helper()
	// Sockets are in it, whose names are short.
	folder, err := os.MkdirTemp("/tmp", "yolk")
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, string, int) {
		cmd := yolk(t, args...)
		cmd.Env = append(os.Environ(), "YOLK_MACHINES="+folder)
		return finish(t, cmd)
	}
	t.Cleanup(func() {
		if names, _, _ := run("ps", "-q"); names != "" {
			run(append([]string{"rm", "-f"}, strings.Fields(names)...)...)
		}
		os.RemoveAll(folder)
	})
	return func(args ...string) string {
		t.Helper()
		out, complaint, status := run(args...)
		if status != 0 {
			t.Fatalf("%q: status %d, %s", args, status, complaint)
		}
		return out
	}
}

// A listedMachine is what yolk ps -json prints of one.
type listedMachine struct {
	Name, State string
	Status      int
	Process     int
	Address     string
	Log         string
}

func listed(t *testing.T, do func(...string) string) (all []listedMachine) {
	t.Helper()
	if err := json.Unmarshal([]byte(do("ps", "-json")), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBackground: a machine in the background answers, ends when it is told to, and
// nothing of one is left when its keeper was killed.
func TestBackground(t *testing.T) {
	t.Parallel()
	do := detached(t)
	port := freePort(t)
	name := strings.TrimSpace(do("run", "-q", "-d", "-memory", "16M", "-p", fmt.Sprintf("%d:8080", port), "../../apps/httpd"))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if page, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/", port)); err != nil || !strings.Contains(page, "<html") {
		t.Errorf("%v, %q", err, page)
	}
	do("stop", name)
	if m := listed(t, do)[0]; m.State != "ended" || m.Status != 143 {
		t.Errorf("after yolk stop: %+v", m)
	}
	if log := do("logs", "-f", name); !strings.Contains(log, "httpd: listening on") {
		t.Errorf("the log is %q", log)
	}
	do("rm", name)

	do("run", "-q", "-d", "-name", "sleeper", "-net", "none", probe, "--", "idle")
	process := listed(t, do)[0].Process
	group, err := unix.Getsid(process) // which the keeper leads
	if err != nil {
		t.Fatal(err)
	}
	unix.Kill(group, unix.SIGKILL)
	for unix.Kill(process, 0) == nil {
		if ctx.Err() != nil {
			t.Fatal("the emulator outlives its keeper")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if m := listed(t, do)[0]; m.State != "killed" {
		t.Errorf("after its keeper was killed: %+v", m)
	}
	do("rm", "sleeper")
	if left := do("ps", "-q"); left != "" {
		t.Errorf("left: %s", left)
	}
}

// TestNetwork: machines of a fleet reach each other by address and name, and others by
// the ports of this computer; those that go on from a snapshot have addresses of their own
// there; and with the last machine the network ends.
func TestNetwork(t *testing.T) {
	t.Parallel()
	do := detached(t)
	running, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ports := []int{freePort(t), freePort(t), freePort(t)}
	folder := t.TempDir()
	program, err := filepath.Abs("testdata/fetch")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "yolk-fleet.yaml")
	text := fmt.Sprintf("machines:\n  web:\n    package: %s\n    memory: 24M\n    after: db\n    network: lab\n    p: %d:80\n"+
		"  db:\n    package: %s\n    memory: 24M\n    network: lab\n    ready: 80\n", program, ports[0], program)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	do("up", "-q", "-f", file)
	do("up", "-q", "-f", file) // all run
	machines := listed(t, do)
	if len(machines) != 2 || !strings.HasSuffix(machines[0].Name, ".db") || !strings.HasSuffix(machines[1].Name, ".web") {
		t.Fatalf("%+v", machines)
	}
	db, web := machines[0].Address, machines[1].Address
	// fetch has the machine at a port ask another who asked.
	fetch := func(port int, host, from string) {
		t.Helper()
		got, err := get(running, fmt.Sprintf("http://127.0.0.1:%d/?url=http://%s/", port, host))
		if address, _, _ := strings.Cut(got, ":"); err != nil || address != from {
			t.Errorf("%s was asked by %q, %v, want %s", host, got, err, from)
		}
	}
	fetch(ports[0], db, web)
	fetch(ports[0], "db", web)
	saved := filepath.Join(t.TempDir(), "saved")
	do("snapshot", "save", machines[0].Name, saved)
	seen := map[string]bool{db: true, web: true}
	for i, name := range []string{"copy1", "copy2"} {
		do("snapshot", "start", "-name", name, "-p", fmt.Sprintf("%d:80", ports[i+1]), saved)
		all := listed(t, do)
		own := all[len(all)-1].Address
		if seen[own] {
			t.Errorf("%s has the address %s, as another", name, own)
		}
		seen[own] = true
		fetch(ports[i+1], "web", own)
		fetch(ports[0], own, web)
	}
	fetch(ports[1], "copy2", listed(t, do)[2].Address)
	socket := filepath.Join(filepath.Dir(filepath.Dir(listed(t, do)[0].Log)), ".networks", "lab.socket")
	if _, err := os.Lstat(socket); err != nil {
		t.Error(err)
	}
	do("down", "-q", "-f", file)
	do("rm", "-f", "copy1", "copy2")
	for ; ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Lstat(socket); err != nil {
			break
		}
		if running.Err() != nil {
			t.Fatal("the network outlives its machines")
		}
	}
}

// TestSnapshot: machines that go on from a snapshot, and the one that was saved, answer
// with random bytes of their own and at the right time, and share no connection: one to
// the first is not known to the others.
func TestSnapshot(t *testing.T) {
	t.Run("microvm", func(t *testing.T) { t.Parallel(); snapshot(t, "microvm") })
	t.Run("q35", func(t *testing.T) { t.Parallel(); snapshot(t, "q35") }) // which has a generation id
}

func snapshot(t *testing.T, kind string) {
	do := detached(t)
	running, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	client := &http.Client{Timeout: 20 * time.Second}
	ports := []int{freePort(t)}
	forward := func(i int) []string { return []string{"-p", fmt.Sprintf("%d:8080", ports[i])} }
	name := strings.TrimSpace(do("run", "-q", "-d", "-machine", kind, "-memory", "16M", forward(0)[0], forward(0)[1], "./testdata/clock"))
	drawn := map[string]bool{}
	before := look(t, running, client, ports[0])
	drawn[before.Random], drawn[before.Math] = true, true
	saved := filepath.Join(t.TempDir(), "saved")
	do("snapshot", "save", name, saved)
	for i := range 2 {
		ports = append(ports, freePort(t))
		do(append(append([]string{"snapshot", "start"}, forward(i+1)...), saved)...)
	}
	for round := range 3 {
		for _, port := range ports {
			s := look(t, running, client, port)
			if drawn[s.Random] || kind == "q35" && drawn[s.Math] || s.Back != 0 || s.Elapsed < before.Elapsed {
				t.Errorf("drawn before, or back in time: %+v", s)
			}
			drawn[s.Random], drawn[s.Math] = true, true
			if first := port == ports[0]; s.reused != (first || round > 0) {
				t.Errorf("round %d: whether the connection to %d goes on is %v", round, port, s.reused)
			}
		}
	}
	time.Sleep(time.Second) // in which a clock looks again
	for _, port := range ports {
		look(t, running, client, port)
		if s := look(t, running, client, port); !s.right() {
			t.Errorf("the time is wrong: %+v", s)
		}
	}
	for _, m := range listed(t, do) {
		if m.State != "running" {
			t.Errorf("%+v", m)
		}
	}
}
