//go:build e2e

package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yolk/boot/qemu"
)

// connections is 100 000 by hand: go test -tags e2e -run TestSequence ./boot/e2e -connections 100000.
var connections = flag.Int("connections", 1000, "how many TestSequence makes")

// TestSequence: connections one after the other, each with one request. None is lost,
// and the last tenth costs the emulator no more than the second: what remembers closed
// connections, and forgets them, does not slow down.
func TestSequence(t *testing.T) {
	w := watchFor(t, limit+time.Duration(*connections)*50*time.Millisecond, "-machine", "q35", "-memory", "64M", "-cpus", "1", "../../apps/httpd")
	if _, err := get(w.running, w.url); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	lost, tenth := 0, *connections/10
	costs, took := make([]time.Duration, 10), make([]time.Duration, 10)
	for i := range costs {
		began, before := time.Now(), w.processorTime(t)
		for range tenth {
			r, err := client.Get(w.url)
			if err == nil {
				err = r.Body.Close()
			}
			if err == nil && r.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %s", r.Status)
			}
			if err != nil {
				lost++
				t.Error(err)
			}
		}
		costs[i], took[i] = (w.processorTime(t)-before)/time.Duration(tenth), time.Since(began)
	}
	t.Logf("%d connections, %d lost; each tenth took %v, a connection %v of a processor", tenth*10, lost, took, costs)
	// The first has code that runs for the first time.
	if second, last := costs[1], costs[9]; last > 2*second {
		t.Errorf("one of the last connections took %v of a processor, one of the second tenth %v", last, second)
	}
}

// processorTime is what the emulator, which is the yolk command's child, has had.
func (w *watched) processorTime(t *testing.T) (sum time.Duration) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", w.pid))
	if err != nil || len(tasks) == 0 {
		t.Fatal("no emulator", err)
	}
	for _, name := range tasks {
		text, _ := os.ReadFile(name)
		for _, child := range strings.Fields(string(text)) {
			pid := 0
			fmt.Sscan(child, &pid)
			d, err := qemu.ProcessorTime(pid)
			if err != nil {
				t.Fatal(err)
			}
			sum += d
		}
	}
	return sum
}
