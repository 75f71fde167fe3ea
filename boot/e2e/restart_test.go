//go:build e2e

package e2e

import (
	"bufio"
	"strings"
	"testing"

	"yolk/boot/build"
	"yolk/boot/child"
)

// TestRestart: a machine starts again, by itself and because its program says so.
// yolk run has it end instead (-no-reboot, restart=never), except here.
func TestRestart(t *testing.T) {
	t.Parallel()
	list := build.TestMachines()
	for i, m := range list {
		if i > 0 && list[i-1].Machine == m.Machine {
			continue // with more processors
		}
		for _, c := range []struct{ name, option, program, says string }{
			{"always", "restart=always", hello, "Hello"},
			{"on failure", "restart=on-failure", probe, "goroutine 1 [running]"},
			{"by the program", "log=warn", "./testdata/reboot", "up"},
		} {
			t.Run(m.String()+" "+c.name, func(t *testing.T) {
				edits := []string{" -no-reboot", ""}
				if strings.HasPrefix(c.option, "restart=") {
					edits = append(edits, " restart=never", "")
				}
				cmd := emulator(t, append(m.Flags(), "-net", "none", "-opt", c.option, machine{m}.image(t, c.program)), edits...)
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := child.Start(cmd); err != nil {
					t.Fatal(err)
				}
				defer cmd.Wait()
				defer cmd.Process.Kill()
				times := 0
				for in := bufio.NewScanner(out); times < 3 && in.Scan(); {
					if strings.HasPrefix(in.Text(), c.says) {
						times++
					}
				}
				if times < 3 {
					t.Errorf("ended after %d starts", times)
				}
			})
		}
	}
}
