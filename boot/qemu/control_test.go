package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"yolk/boot/vmm"
)

// listening stands for a machine that says what it is asked and ends with a status. It
// reads as much from the control socket as sed takes to see a whole command.
const listening = `echo ready; sh -c 'dd bs=1 count=%d 2>/dev/null' <&4 >&2; printf '\052' >$STATUS; exit 1`

func TestSignals(t *testing.T) {
	for _, c := range []struct {
		machine string
		sig     os.Signal
		want    string
	}{
		{"microvm", os.Interrupt, qmpBreak},
		{"microvm", syscall.SIGTERM, qmpPress},
		{"microvm", syscall.SIGHUP, qmpPress},
		{"q35", syscall.SIGTERM, qmpPress},
		{"raspi3b", syscall.SIGTERM, qmpBreak},
		{"microvm,acpi=off", syscall.SIGTERM, qmpBreak},
	} {
		want := qmpStart + c.want
		emulator(t, fmt.Sprintf(listening, len(want)))
		var said strings.Builder
		status, err := runSignalled(t, c.machine, vmm.IO{Err: &said}, time.Minute, c.sig)
		if status != 42 || err != nil || said.String() != want {
			t.Errorf("%s, %v: status %d, %v, QEMU was told %q", c.machine, c.sig, status, err, said.String())
		}
	}
}

// TestSignalTwice: a machine that does not end is ended.
func TestSignalTwice(t *testing.T) {
	emulator(t, `echo ready; exec sleep 1000`)
	if status, err := runSignalled(t, "q35", vmm.IO{}, time.Minute, syscall.SIGTERM, os.Interrupt); status != 143 || err != nil {
		t.Errorf("status %d, %v, want that of the first signal", status, err)
	}
	if status, err := runSignalled(t, "q35", vmm.IO{}, time.Nanosecond, os.Interrupt); status != 0 || !errors.Is(err, ErrLate) {
		t.Errorf("after the grace period: status %d, %v", status, err)
	}
}

// runSignalled sends signals once the machine runs.
func runSignalled(t *testing.T, machine string, stdio vmm.IO, grace time.Duration, signals ...os.Signal) (int, error) {
	c := base()
	c.Machine, c.Grace = machine, grace
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ch := make(chan os.Signal, len(signals))
	stdio.Signals = ch
	stdio.Out = writerFunc(func() {
		for _, s := range signals {
			ch <- s
		}
	})
	return c.Run(ctx, stdio)
}

// TestBegun: a machine runs when QEMU has answered, not when it greets, and one that was
// saved when it goes on.
func TestBegun(t *testing.T) {
	for _, c := range []struct {
		restored bool
		want     int // the line after which it runs
	}{{false, 1}, {true, 3}} {
		r, w := io.Pipe()
		begun := make(chan bool, 1)
		ended := make(chan string, 1)
		go func() { ended <- shutdownReason(r, c.restored, func() { begun <- true }) }()
		for i, line := range []string{`{"QMP": {"version": {}}}`, `{"return": {}}`, `{"return": {}}`, `{"event": "RESUME"}`, `{"event": "SHUTDOWN", "data": {"reason": "guest-panic"}}`} {
			fmt.Fprintln(w, line)
			fmt.Fprint(w, " ") // read when the line has been looked at
			if i < c.want && len(begun) > 0 {
				t.Errorf("restored %v: it runs after %s", c.restored, line)
			}
			if i == c.want {
				<-begun
			}
		}
		w.Close()
		if reason := <-ended; reason != "guest-panic" || len(begun) > 0 {
			t.Errorf("restored %v: it ended by %q, and began again %d times", c.restored, reason, len(begun))
		}
	}
}
