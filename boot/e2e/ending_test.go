//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"yolk/boot/build"
)

// ending: Ctrl-C and SIGTERM reach a program that wants to hear of them, and end one
// that does not, though it computes and leaves its input unread. Nothing stays behind.
func (m machine) ending(t *testing.T) {
	got := "got terminated"
	if m.Memory != "" {
		got = "got interrupt" // a board has no power button
	}
	for _, c := range []struct {
		sig    syscall.Signal
		probe  []string
		status int
		want   string
	}{
		{syscall.SIGINT, []string{"asked", "0s"}, 7, "got interrupt"},
		{syscall.SIGTERM, []string{"asked", "0s"}, 7, got},
		{syscall.SIGINT, []string{"compute"}, 130, "terminated by signal 2"},
	} {
		cmd := m.run(t, append([]string{"-net", "none", m.image(t, probe), "--"}, c.probe...)...)
		cmd.Stdin = strings.NewReader("unread\n")
		end := startUntil(t, cmd, "waiting")
		cmd.Process.Signal(c.sig)
		out := end() // the pipe closes only when the emulator is gone too
		if status := cmd.ProcessState.ExitCode(); status != c.status || !strings.Contains(out, c.want) {
			t.Errorf("%v, %v: status %d, want %d and %q\n%s", c.sig, c.probe, status, c.status, c.want, out)
		}
	}
}

// TestPowerButton presses it as libvirt does.
func TestPowerButton(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		machine     string
		flags, args []string
		status      int
		want        string
	}{
		{"microvm", nil, []string{"asked", "0s"}, 7, "got terminated"},
		{"q35", nil, []string{"asked", "0s"}, 7, "got terminated"},
		{"q35,smm=on", nil, []string{"asked", "0s"}, 7, "got terminated"}, // not in ACPI mode
		{"virt", nil, []string{"asked", "0s"}, 7, "got terminated"},
		{"virt-gic3", nil, []string{"asked", "0s"}, 7, "got terminated"},
		{"q35", []string{"-cpus", "2"}, []string{"idle"}, 143, "terminated by signal 15"},
		{"virt", []string{"-cpus", "2"}, []string{"idle"}, 143, "terminated by signal 15"},
		{"q35", []string{"-grace", "1s"}, []string{"asked", "1h"}, 143, "did not in time"},
		{"virt", []string{"-grace", "1s"}, []string{"asked", "1h"}, 143, "did not in time"},
	} {
		name, _, _ := strings.Cut(c.machine, ",")
		t.Run(name, func(t *testing.T) { // options in it would be options in the socket's name
			m, ok := build.FindMachine(func(m build.Machine) bool { return m.Machine == name })
			if !ok {
				t.Fatal("no machine ", name)
			}
			socket := filepath.Join(t.TempDir(), "monitor")
			flags := append(c.flags, "-machine", c.machine, "-net", "none", "-qemu", "-qmp", "-qemu", "unix:"+socket+",server=on,wait=off")
			cmd := machine{m}.run(t, append(append(flags, machine{m}.image(t, probe), "--"), c.args...)...)
			end := startUntil(t, cmd, "waiting")
			monitor(t, socket)("system_powerdown", map[string]any{})
			out := end()
			if status := cmd.ProcessState.ExitCode(); status != c.status || !strings.Contains(out, c.want) {
				t.Errorf("status %d, want %d and %q\n%s", status, c.status, c.want, out)
			}
		})
	}
}

// TestEndedFromOutside: what others do to a machine has its own name, and is neither a
// triple fault nor the program's success.
func TestEndedFromOutside(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"system_reset": "yolk: somebody else reset the machine (system_reset)",
		"quit":         "yolk: somebody else ended the emulator (quit)",
	} {
		for _, arch := range []string{"amd64", "arm64"} {
			t.Run(command+" "+arch, func(t *testing.T) {
				socket := filepath.Join(t.TempDir(), "monitor")
				cmd := yolk(t, "run", "-arch", arch, "-net", "none", "-qemu", "-qmp", "-qemu", "unix:"+socket+",server=on,wait=off", probe, "--", "asked", "1h")
				end := startUntil(t, cmd, "waiting")
				monitor(t, socket)(command, map[string]any{})
				if out := end(); cmd.ProcessState.ExitCode() != 125 || !strings.Contains(out, want) {
					t.Errorf("status %d, no %q in\n%s", cmd.ProcessState.ExitCode(), want, out)
				}
			})
		}
	}
}

// TestAskedTwice: the second time ends the machine, whoever asks: the button, and
// Ctrl-C to a machine that has all the time it wants. The status is that of the one it
// hears last.
func TestAskedTwice(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "monitor")
	button := yolk(t, "run", "-machine", "q35", "-net", "none", "-grace", "0", "-qemu", "-qmp", "-qemu", "unix:"+socket+",server=on,wait=off",
		probe, "--", "asked", "1h")
	end := startUntil(t, button, "waiting")
	press := monitor(t, socket)
	press("system_powerdown", map[string]any{})
	button.Process.Signal(syscall.SIGINT)
	if out := end(); !askedTo(button) || !strings.Contains(out, "asked again") {
		t.Errorf("status %d\n%s", button.ProcessState.ExitCode(), out)
	}
	keys := yolk(t, "run", "-net", "none", "-grace", "0", probe, "--", "asked", "1h")
	end = startUntil(t, keys, "waiting")
	keys.Process.Signal(syscall.SIGINT)
	keys.Process.Signal(syscall.SIGTERM)
	if out := end(); !askedTo(keys) {
		t.Errorf("status %d\n%s", keys.ProcessState.ExitCode(), out)
	}
}

// askedTo reports whether a machine ended by SIGINT or SIGTERM.
func askedTo(cmd *exec.Cmd) bool {
	status := cmd.ProcessState.ExitCode()
	return status == 128+int(syscall.SIGINT) || status == 128+int(syscall.SIGTERM)
}

// TestAnswerBeforeTheEnd: what a closed connection still holds is sent before a signal
// ends the machine. QEMU keeps packets back, so that most of the answer is in the
// machine when the signal comes.
func TestAnswerBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"-machine", "q35"}, {"-machine", "microvm", "-cpus", "2"}, {"-arch", "arm64"}} {
		port := freePort(t)
		cmd := yolk(t, append(append([]string{"run"}, flags...), "-p", fmt.Sprintf("%d:8080", port),
			"-qemu", "-object", "-qemu", "filter-buffer,id=hold,netdev=net0,interval=50000", "./testdata/answer")...)
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		answer := make(chan string, 1)
		go func() {
			text, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/", port))
			answer <- fmt.Sprintf("%d bytes, error %v", len(text), err)
		}()
		end := startUntil(t, cmd, "answered")
		cmd.Process.Signal(syscall.SIGTERM)
		out := end()
		cancel()
		if got := <-answer; got != "102400 bytes, error <nil>" || cmd.ProcessState.ExitCode() != 143 {
			t.Errorf("%v: status %d, %s\n%s", flags, cmd.ProcessState.ExitCode(), got, out)
		}
	}
}
