package kerneltest

import (
	"os"
	"os/exec"
	"sync"
	"testing"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/boot/child"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/clock"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/machine/machinetest"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
)

// Processor is the machine's first; memory and threads stay from test to test.
var Processor amd64.CPU

var initThreads = sync.OnceValue(sched.Init)

// Enter is a machine that has booted as far as to its first thread, which it returns.
func Enter(t testing.TB) *sched.Thread {
	t.Helper()
	amd64test.Enter(t)
	amd64test.Become(t, &Processor, 0)
	for _, at := range []uintptr{lapic.Base, irq.IOAPICBase, irq.IOAPIC2Base} {
		amd64test.Map(t, at, mem.PageSize)
	}
	amd64test.SetPort(machinetest.LineStatus, 0x60) // room in the serial port
	amd64.SetClock(amd64.ClockParams{Base: amd64.TSC(), Mult: 1 << 31})
	if mem.Stats().Total == 0 {
		const frames = 600
		mem.Init(mem.Buddy)
		pa := amd64test.RAM(t, frames*mem.PageSize)
		mem.AddRAM(pa, pa+frames*mem.PageSize)
		if !mem.NewTables() {
			t.Fatal("no tables")
		}
	}
	if !initThreads() {
		t.Fatal("no memory for threads")
	}
	shutdown.Restart, sched.Slice = shutdown.Never, 10e6
	klog.Thresholds.Read([]byte("warn"))
	sched.SetAlarm(0, false)
	clock.SetWall(1_700_000_000e9)
	thread := sched.New()
	sched.Run(thread)
	amd64test.Take()
	return thread
}

// Alone runs a test that changes the machine for good in a process of its own, and
// reports whether this is that one.
func Alone(t *testing.T) bool {
	t.Helper()
	const key = "KERNEL_TEST_ALONE"
	if os.Getenv(key) != "" {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), key+"=1")
	if out, err := child.Output(cmd); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// Ends checks that f ends the machine with a status, and returns what it says.
func Ends(t testing.TB, status uint64, f func()) string {
	t.Helper()
	amd64test.Take()
	how, ended := amd64test.Ends(f)
	out := amd64test.Take(amd64test.Out)
	told := uint64(1 << 16)
	for _, e := range out {
		if e.At == machinetest.Status {
			told = e.Value
		}
	}
	if !ended || how != amd64test.Reset || told != status {
		t.Errorf("ended %v by %v with %d, want %d", ended, how, told, status)
	}
	return Serial(out)
}

// Serial is what has come out of the serial port.
func Serial(events []amd64test.Event) (text string) {
	for _, e := range events {
		if e.At == machinetest.Serial {
			text += string(rune(e.Value))
		}
	}
	return text
}

// Place puts bytes into the machine's memory, and returns their physical address.
func Place(t testing.TB, b []byte) uint64 {
	t.Helper()
	pa := amd64test.RAM(t, (len(b)+2*mem.PageSize)&^(mem.PageSize-1))
	copy(mem.Bytes(mem.Addr(pa), uint64(len(b))), b)
	return pa
}
