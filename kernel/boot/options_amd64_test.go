package boot

import (
	"strings"
	"testing"

	"yolk/arch"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/clock"
	"yolk/kernel/cmdline"
	"yolk/kernel/kerneltest"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/syscalls"
)

// read has the kernel read a command line, as from a loader.
func read(t testing.TB, line string) {
	t.Helper()
	tokenLen = 0
	l := machine.Loader{CommandLine: kerneltest.Place(t, append([]byte(line), 0))}
	copyCommandLine(&l)
	readOptions()
}

// TestOptions: each does what it says.
func TestOptions(t *testing.T) {
	enter(t)
	defer func() { syscalls.Grace = 10e9 }()
	syscalls.Hostname = [65]byte{}
	read(t, `log=debug,net=warn sched=coop restart=on-failure entropy=insecure grace=5 hostname=a cwd=/x hostname=box nonsense -- log=error`)
	if klog.Thresholds != (cmdline.Levels{3, 3, 1, 3, 3}) || sched.Slice != 0 || shutdown.Restart != shutdown.OnFailure || syscalls.Grace != 5e9 {
		t.Errorf("log %v, slice %d, restart %d, grace %d", klog.Thresholds, sched.Slice, shutdown.Restart, syscalls.Grace)
	}
	if name := string(syscalls.Hostname[:4]); name != "box\x00" || string(Option("cwd")) != "/x" || Option("gw") != nil {
		t.Errorf("%q, cwd %q, gw %q", name, Option("cwd"), Option("gw"))
	}
	enter(t)
	syscalls.Hostname = [65]byte{}
	if read(t, ""); string(syscalls.Hostname[:5]) != "yolk\x00" || klog.Thresholds != (cmdline.Levels{1, 1, 1, 1, 1}) || sched.Slice == 0 {
		t.Errorf("%q", syscalls.Hostname[:5])
	}
}

// TestTimeOption: a machine with a clock goes by that, and one without says so.
func TestTimeOption(t *testing.T) {
	enter(t)
	read(t, "time=1000")
	if now := clock.Wall() / 1e9; now < 1_700_000_000 {
		t.Errorf("the machine's clock is overruled: %d", now)
	}
	for line, want := range map[string]string{"": "this machine has no clock", "time=1000000000": ""} {
		enter(t)
		arch.Wall().Offset = 0
		read(t, line)
		if said := kerneltest.Serial(amd64test.Take(amd64test.Out)); !strings.Contains(said, want) || want == "" && said != "" {
			t.Errorf("%q: %q", line, said)
		}
		if got := clock.Wall() / 1e9; want == "" && (got < 1e9 || got > 1e9+60) {
			t.Errorf("%q: it is %d", line, got)
		}
	}
}

// TestRefusedOptions: one line that says what would do.
func TestRefusedOptions(t *testing.T) {
	for line, want := range map[string]string{
		"log=loud":                       "yolk: cannot start: log= takes error, warn, info or debug",
		"sched=fair":                     "yolk: cannot start: sched= takes preempt or coop",
		"restart=on":                     "yolk: cannot start: restart= takes never, on-failure or always",
		"entropy=none":                   "yolk: cannot start: entropy= takes",
		"grace=soon":                     "yolk: cannot start: grace= takes",
		"time=now":                       "yolk: cannot start: time= takes",
		strings.Repeat("a ", maxToken+1): "more than 512 words on the command line",
		`"unfinished`:                    "yolk: cannot start: ",
	} {
		enter(t)
		if said := kerneltest.Ends(t, shutdown.StatusRefused, func() { read(t, line) }); !strings.Contains(said, want) {
			t.Errorf("%.40q: %q, want %q", line, said, want)
		}
	}
}

// TestEarlyOption: before the command line is the kernel's.
func TestEarlyOption(t *testing.T) {
	enter(t)
	for line, want := range map[string]mem.Policy{"": mem.Buddy, "log=debug": mem.Buddy, "alloc=bump log=debug": mem.Bump, "alloc=buddy": mem.Buddy} {
		l := machine.Loader{CommandLine: kerneltest.Place(t, append([]byte(line), make([]byte, maxLine)...))}
		if got := framePolicy(&l); got != want {
			t.Errorf("%q: %d", line, got)
		}
	}
	if framePolicy(&machine.Loader{}) != mem.Buddy {
		t.Error("without a command line")
	}
	l := machine.Loader{CommandLine: kerneltest.Place(t, append([]byte("alloc=heap"), make([]byte, maxLine)...))}
	if said := kerneltest.Ends(t, shutdown.StatusRefused, func() { framePolicy(&l) }); !strings.Contains(said, "alloc= takes buddy or bump") {
		t.Errorf("%q", said)
	}
}

// TestLongCommandLine: as long as it may be, and no longer.
func TestLongCommandLine(t *testing.T) {
	enter(t)
	l := machine.Loader{CommandLine: kerneltest.Place(t, []byte(strings.Repeat("x", 2*maxLine)))}
	copyCommandLine(&l)
	if commandLine.size != 2*maxLine || string(mem.Bytes(mem.Addr(commandLine.pa), maxLine)) != strings.Repeat("x", maxLine) || *(*byte)(syscalls.Pointer(uint64(mem.Addr(commandLine.pa + maxLine)))) != 0 {
		t.Errorf("%d bytes", commandLine.size)
	}
	copyCommandLine(&machine.Loader{})
	if commandLine.size != mem.PageSize || *(*byte)(syscalls.Pointer(uint64(mem.Addr(commandLine.pa)))) != 0 {
		t.Errorf("%d bytes of no command line", commandLine.size)
	}
}
