package file

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"yolk/kernel/abi"
)

// playInterrupts has two processors: event 3 by line 5, event 4 by messages, to the second.
func playInterrupts(t *testing.T) {
	was := interruptsOf
	t.Cleanup(func() { interruptsOf = was })
	interruptsOf = func(processor uint64, all *abi.Interrupts) bool {
		*all = abi.Interrupts{Timer: 1000 + processor, Own: 1, Between: 20 * processor, Stray: 2}
		all.Lines[3] = 5
		if processor == 1 {
			all.Events[0], all.Events[4] = 1, 12345678901
		}
		return processor < 2
	}
}

// TestInterrupts: columns and rows are where Linux has them.
func TestInterrupts(t *testing.T) {
	playInterrupts(t)
	controller := map[string]string{"amd64": "IO-APIC", "arm64": "    GIC"}[runtime.GOARCH]
	want := "           CPU0       CPU1       \n" +
		"  0:          0          1      none input\n" +
		"  3:          0          0   " + controller + " 5-edge\n" +
		"  4:          0 12345678901       MSI event\n" +
		"LOC:       1000       1001   Local timer interrupts\n" +
		"IPI:          0         20   Interrupts between processors\n" +
		"SYS:          1          1   Power button and break on the console\n" +
		"ERR:          4\n"
	if got := string(procInterrupts()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got, want := string(interruptLine(nil)), "\nintr 12345680929 1 0 0 0 12345678901"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if tied := tie(7, 40|abi.LineLevel); runtime.GOARCH == "arm64" && tied != "      GIC 40-level" {
		t.Errorf("%q", tied)
	}
	text := string(procSoftirqs())
	if lines := strings.Split(text, "\n"); len(lines) != 12 || lines[0] != "                    CPU0       CPU1       " || lines[6] != "    IRQ_POLL:          0          0" {
		t.Errorf("%q", text)
	}
	own, err := os.ReadFile("/proc/softirqs")
	if err != nil {
		t.Fatal(err)
	}
	names := func(text string) (all []string) {
		for line := range strings.Lines(text) {
			name, _, _ := strings.Cut(line, ":")
			all = append(all, name)
		}
		return all[1:]
	}
	if got, want := strings.Join(names(text), ""), strings.Join(names(string(own)), ""); got != want {
		t.Errorf("%q, Linux has %q", got, want)
	}
}

// TestSchedstat: of processors and threads, in the order of Linux' columns.
func TestSchedstat(t *testing.T) {
	was := processor
	defer func() { processor = was }()
	processor = func(number uint64, p *abi.Processor) bool {
		*p = abi.Processor{Used: 300 + number, Waited: 20, Runs: 7}
		return number < 2
	}
	defer func(from func(uint64, *abi.Thread) bool) { threadFrom = from }(threadFrom)
	pid := uint64(os.Getpid())
	threadFrom = func(id uint64, info *abi.Thread) bool {
		*info = abi.Thread{ID: max(id, pid), Used: 100, Waited: 5, Runs: 3, Running: 1}
		return id <= pid+2
	}
	got := string(procSchedstat())
	head, rest, _ := strings.Cut(got, "\ncpu0")
	if !strings.HasPrefix(head, "version 15\ntimestamp ") || rest != " 0 0 0 0 0 0 300 20 7\ncpu1 0 0 0 0 0 0 301 20 7\n" {
		t.Errorf("%q", got)
	}
	if got := string(procSelfSchedstat()); got != "100 5 3\n" {
		t.Errorf("%q", got)
	}
	if n := runningThreads(); n != 3 {
		t.Errorf("%d threads run", n)
	}
	if threadFrom = func(uint64, *abi.Thread) bool { return false }; procSelfSchedstat() != nil {
		t.Error("of a thread that has ended")
	}
}
