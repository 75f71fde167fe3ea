package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// driver measures ring and driver on this host: Go benchmarks against a device in
// the same process, which works between two timed turns (see BenchmarkPath).
func (b *bench) driver() error {
	cmd := exec.CommandContext(b.ctx, "go", "test", "-run", "TestNoAllocations", "-bench", "Path", "-benchtime", "2000000x", "yolk/drivers/virtio/net")
	b.say("$ %s", strings.Join(cmd.Args, " "))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	s := bufio.NewScanner(strings.NewReader(string(out)))
	for s.Scan() {
		f := strings.Fields(s.Text())
		if len(f) < 6 || !strings.HasPrefix(f[0], "BenchmarkPath/") {
			continue
		}
		ring, what, _ := strings.Cut(strings.TrimPrefix(f[0], "BenchmarkPath/"), "/")
		what, _, _ = strings.Cut(what, "-")
		for i := 2; i+1 < len(f); i += 2 {
			if v, err := strconv.ParseFloat(f[i], 64); err == nil && f[i+1] == "ns/pkt" {
				b.add("driver, 60 bytes", strings.Replace(what, "/", ", ", 1), ring, v, "ns")
			}
		}
	}
	return nil
}
