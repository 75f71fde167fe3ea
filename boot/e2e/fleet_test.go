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

// TestSnapshot: machines that go on from a snapshot, and the one that was saved, answer
// with random bytes of their own and at the right time, and share no connection: one to
// the first is not known to the others.
func TestSnapshot(t *testing.T) {
	do := detached(t)
	running, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	client := &http.Client{Timeout: 20 * time.Second}
	ports := []int{freePort(t)}
	forward := func(i int) []string { return []string{"-p", fmt.Sprintf("%d:8080", ports[i])} }
	name := strings.TrimSpace(do("run", "-q", "-d", "-memory", "16M", forward(0)[0], forward(0)[1], "./testdata/clock"))
	drawn := map[string]bool{}
	before := look(t, running, client, ports[0])
	drawn[before.Random] = true
	saved := filepath.Join(t.TempDir(), "saved")
	do("snapshot", "save", name, saved)
	for i := range 2 {
		ports = append(ports, freePort(t))
		do(append(append([]string{"snapshot", "start"}, forward(i+1)...), saved)...)
	}
	for round := range 3 {
		for _, port := range ports {
			s := look(t, running, client, port)
			if drawn[s.Random] || s.Back != 0 || s.Elapsed < before.Elapsed {
				t.Errorf("drawn before, or back in time: %+v", s)
			}
			drawn[s.Random] = true
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
