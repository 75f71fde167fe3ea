package syscalls

import (
	"strings"
	"testing"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/abi"
	"yolk/kernel/bootinfo"
	"yolk/kernel/clock"
	"yolk/kernel/entropy"
	"yolk/kernel/kerneltest"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

const (
	nrWrite          = 1
	nrNanosleep      = 35
	nrSetitimer      = 38
	nrUname          = 63
	nrGettimeofday   = 96
	nrUmask          = 95
	nrGetrlimit      = 97
	nrSetrlimit      = 160
	nrGetrusage      = 98
	nrSysinfo        = 99
	nrTimes          = 100
	nrCapget         = 125
	nrGetpriority    = 140
	nrPrctl          = 157
	nrReboot         = 169
	nrSethostname    = 170
	nrTime           = 201
	nrClockGettime   = 228
	nrClockGetres    = 229
	nrClockNanosleep = 230
	nrPrlimit        = 302
	nrGetrandom      = 318
)

// TestWrite: what the runtime prints comes out of the serial port.
func TestWrite(t *testing.T) {
	p := start(t)
	copy(mem.Bytes(uintptr(p.mem), 20), "panic: x\n")
	p.check([]callCase{
		{"stderr", nrWrite, []uint64{2, p.mem, 9}, 9},
		{"the console", abi.SysConsoleWrite, []uint64{p.mem, 5}, 5},
		{"a file", nrWrite, []uint64{3, p.mem, 9}, eBADF},
		{"stdin", nrWrite, []uint64{0, p.mem, 9}, eBADF},
		{"from nowhere", nrWrite, []uint64{1, nowhere, 9}, eFAULT},
		{"beyond the memory", nrWrite, []uint64{1, p.mem + memSize - 4, 9}, eFAULT},
	})
	if got := kerneltest.Serial(amd64test.Take(amd64test.Out)); got != "panic: x\r\npanic" {
		t.Errorf("%q", got)
	}
}

// TestConsoleRead: what has come in, and nothing when nothing has.
func TestConsoleRead(t *testing.T) {
	p := start(t)
	amd64test.SetPort(0x3fd, 0x60)
	amd64test.Script(0x3fd, 0x61, 0x61, 0x61, 0x60) // the first for a break
	amd64test.Script(0x3f8, 'h', 'i')
	p.check([]callCase{
		{"to nowhere", abi.SysConsoleRead, []uint64{nowhere, 10}, eFAULT},
		{"two bytes", abi.SysConsoleRead, []uint64{p.mem, 10}, 2},
		{"none", abi.SysConsoleRead, []uint64{p.mem + 8, 10}, 0},
	})
	if got := string(mem.Bytes(uintptr(p.mem), 2)); got != "hi" {
		t.Errorf("%q", got)
	}
}

// field is one of the strings of a struct utsname.
func (p *program) field(at uint64, i int) string {
	text, _, _ := strings.Cut(string(mem.Bytes(uintptr(p.mem+at)+uintptr(65*i), 65)), "\x00")
	return text
}

func TestUname(t *testing.T) {
	p := start(t)
	name := strings.Repeat("n", 64)
	copy(mem.Bytes(uintptr(p.mem), 100), name+"!")
	defer func() { Hostname = [65]byte{} }()
	p.check([]callCase{
		{"a name", nrSethostname, []uint64{p.mem, 64}, 0},
		{"one that is too long", nrSethostname, []uint64{p.mem, 65}, eINVAL},
		{"from nowhere", nrSethostname, []uint64{nowhere, 5}, eFAULT},
		{"uname", nrUname, []uint64{p.mem + 512}, 0},
		{"to nowhere", nrUname, []uint64{nowhere}, eFAULT},
	})
	if sys, node, arch, domain := p.field(512, 0), p.field(512, 1), p.field(512, 4), p.field(512, 5); sys != "Linux" || node != name || arch != "x86_64" || domain != "" {
		t.Errorf("%q %q %q %q", sys, node, arch, domain)
	}
}

// TestLimits: what a program sets, it reads; the number of descriptors is known to
// kernel/posix/file, as is the mask of modes.
func TestLimits(t *testing.T) {
	const cpu, core = 0, 4
	p := start(t)
	defer func() { limits[core].set, limits[limitFiles].set = false, false }()
	defer func() { bootinfo.MaxFiles, bootinfo.Umask = bootinfo.HardFiles, 0o022 }()
	at := uint64(64)
	set := func(now, most uint64) uint64 {
		at += 16
		return p.put(at, now, most)
	}
	p.check([]callCase{
		{"no core", nrSetrlimit, []uint64{core, set(0, 0)}, 0},
		{"what it is now", nrPrlimit, []uint64{1, core, 0, p.mem + 16}, 0},
	})
	if l := p.get(16, 2); l[0] != 0 || l[1] != 0 {
		t.Errorf("cores %d", l)
	}
	p.check([]callCase{
		{"fewer files, and how many there were", nrPrlimit, []uint64{0, limitFiles, set(100, 1000), p.mem + 16}, 0},
		{"how many", nrGetrlimit, []uint64{limitFiles, p.mem + 32}, 0},
	})
	if l := p.get(16, 4); l[0] != bootinfo.HardFiles || l[2] != 100 || l[3] != 1000 || bootinfo.MaxFiles != 100 {
		t.Errorf("files %d, %d in force", l, bootinfo.MaxFiles)
	}
	const ePERM = -errPERM & (1<<64 - 1)
	p.check([]callCase{
		{"more than can be", nrSetrlimit, []uint64{limitFiles, set(100, bootinfo.HardFiles+1)}, ePERM},
		{"more than at most", nrSetrlimit, []uint64{cpu, set(2, 1)}, eINVAL},
		{"of nothing", nrGetrlimit, []uint64{limitKinds, p.mem}, eINVAL},
		{"from nowhere", nrSetrlimit, []uint64{cpu, nowhere}, eFAULT},
		{"without an address", nrSetrlimit, []uint64{cpu, 0}, eFAULT},
		{"of another process", nrPrlimit, []uint64{7, cpu, 0, p.mem}, eSRCH},
		{"a mask", nrUmask, []uint64{0o1077}, 0o022},
		{"which that was", nrUmask, []uint64{0o022}, 0o077},
	})
}

// TestFigures: what a program may ask of itself and its machine.
func TestFigures(t *testing.T) {
	p := start(t)
	p.check([]callCase{
		{"the stack's limit", nrPrlimit, []uint64{0, limitStack, 0, p.mem}, 0},
		{"setting one", nrPrlimit, []uint64{0, limitStack, p.mem, 0}, 0},
		{"files", nrGetrlimit, []uint64{limitFiles, p.mem + 16}, 0},
		{"another", nrGetrlimit, []uint64{9, p.mem + 32}, 0},
		{"to nowhere", nrPrlimit, []uint64{0, 3, 0, nowhere}, eFAULT},
		{"to nowhere", nrGetrlimit, []uint64{3, nowhere}, eFAULT},
		{"usage", nrGetrusage, []uint64{0, p.mem + 256}, 0},
		{"usage to nowhere", nrGetrusage, []uint64{0, nowhere}, eFAULT},
		{"sysinfo", nrSysinfo, []uint64{p.mem + 512}, 0},
		{"sysinfo to nowhere", nrSysinfo, []uint64{nowhere}, eFAULT},
		{"priority", nrGetpriority, []uint64{0, 0}, 20},
		{"counters", abi.SysStats, []uint64{p.mem + 1024}, 0},
		{"counters to nowhere", abi.SysStats, []uint64{nowhere}, eFAULT},
	})
	if l := p.get(0, 6); l[0] != 8<<20 || l[1] != ^uint64(0) || l[2] != 1<<16 || l[4] != ^uint64(0) {
		t.Errorf("limits %d", l)
	}
	if peak := p.get(256+32, 1)[0]; peak != mem.Stats().Peak/1024 || peak == 0 {
		t.Errorf("%d KiB at most", peak)
	}
	s := mem.Stats()
	if got := p.get(512, 14); got[4] != s.Total || got[5] != s.Free || uint32(got[10]) != sched.Snapshot().Threads || uint32(got[13]) != 1 {
		t.Errorf("%d, and the allocator says %+v", got, s)
	}
	c, threads := (*abi.Stats)(Pointer(p.mem+1024)), sched.Snapshot()
	if c.MemoryTotal != s.Total || c.MemoryUsed != s.Used || c.Allocs != s.Allocs || c.PageFaults != mem.Faults() || c.Threads != uint64(threads.Threads) || c.Switches != threads.Switches || c.Busy == 0 || c.Busy > threads.Busy {
		t.Errorf("%+v, and the libraries say %+v, %+v", c, s, threads)
	}
}

// TestCapabilities: one that has all.
func TestCapabilities(t *testing.T) {
	p := start(t)
	const version = 0x20080522
	good, bad := p.put(0, version), p.put(8, 0x19980330)
	p.check([]callCase{
		{"all", nrCapget, []uint64{good, p.mem + 64}, 0},
		{"an old version", nrCapget, []uint64{bad, p.mem + 128}, eINVAL},
		{"which version", nrCapget, []uint64{p.put(16, 0), 0}, 0},
		{"from nowhere", nrCapget, []uint64{nowhere, p.mem + 128}, eFAULT},
		{"to nowhere", nrCapget, []uint64{good, nowhere}, eFAULT},
		{"keep them?", nrPrctl, []uint64{7}, 0},
		{"keep them", nrPrctl, []uint64{8, 1}, 0},
		{"keep them?", nrPrctl, []uint64{7}, 1},
		{"keep two", nrPrctl, []uint64{8, 2}, eINVAL},
		{"new privileges?", nrPrctl, []uint64{39}, 0},
		{"none", nrPrctl, []uint64{38, 1}, 0},
		{"new privileges?", nrPrctl, []uint64{39}, 1},
		{"the set has capability 40", nrPrctl, []uint64{23, 40}, 1},
		{"and no 41", nrPrctl, []uint64{23, 41}, eINVAL},
		{"another option", nrPrctl, []uint64{9999}, eINVAL},
	})
	if v := p.get(8, 2); uint32(v[0]) != version || uint32(v[1]) != version {
		t.Errorf("version %#x", v)
	}
	if got := p.get(64, 3); got[0] != 1<<64-1 || got[1] != 0x1ff<<32 || got[2] != 0x1ff {
		t.Errorf("%#x", got) // effective and permitted, of 41, and none to inherit
	}
}

// TestThreadName: a thread's name is the program's until it has one, of 15 bytes at most.
func TestThreadName(t *testing.T) {
	p := start(t)
	const long = 0x6867666564636261 // "abcdefgh"
	p.check([]callCase{
		{"the first", nrPrctl, []uint64{16, p.mem}, 0},
		{"another", nrPrctl, []uint64{15, p.put(64, long, long, long)}, 0},
		{"which", nrPrctl, []uint64{16, p.mem + 16}, 0},
		{"from nowhere", nrPrctl, []uint64{15, nowhere}, eFAULT},
		{"to nowhere", nrPrctl, []uint64{16, nowhere}, eFAULT},
	})
	if got := p.get(0, 4); got[0] != 0x707061 || got[2] != long || got[3] != long&(1<<56-1) {
		t.Errorf("%#x", got)
	}
}

// TestReboot: by the magic numbers only.
func TestReboot(t *testing.T) {
	p := start(t)
	const m1, m2 = 0xfee1dead, 672274793
	p.check([]callCase{
		{"no magic", nrReboot, []uint64{1, m2, 0x1234567}, eINVAL},
		{"half of it", nrReboot, []uint64{m1, 1, 0x1234567}, eINVAL},
		{"Ctrl-Alt-Del", nrReboot, []uint64{m1, m2, 0x89abcdef}, 0},
		{"no such command", nrReboot, []uint64{m1, m2, 5}, eINVAL},
	})
	kerneltest.Ends(p, 0, func() { p.call(nrReboot, m1, m2, 0x4321fedc) })
	if how, ended := amd64test.Ends(func() { p.call(nrReboot, m1, m2, 0x1234567) }); !ended || how != amd64test.Reset {
		t.Errorf("restart: %v %v", how, ended)
	}
}

// TestCrash breaks the kernel, which a test of its failing wants.
func TestCrash(t *testing.T) {
	p := start(t)
	defer func() {
		if recover() == nil {
			t.Error("nothing is broken")
		}
	}()
	amd64test.Ends(func() { p.call(abi.SysCrash, 0) })
}

// TestTimespec: what no time is becomes one.
func TestTimespec(t *testing.T) {
	p := start(t)
	for _, c := range []struct {
		sec, nsec uint64
		want      int64
	}{{0, 0, 0}, {1, 5, 1e9 + 5}, {1 << 33, 0, 1 << 33 * 1e9}, {1<<33 + 1, 0, 1 << 62}, {1<<63 - 1, 0, 1 << 62}, {1<<64 - 1, 5, 0}, {5, 1<<64 - 1, 0}} {
		if got := timespec(p.put(0, c.sec, c.nsec)); got != c.want {
			t.Errorf("%d.%d is %d, want %d", c.sec, c.nsec, got, c.want)
		}
	}
}

// TestTime: clocks, and sleeping.
func TestTime(t *testing.T) {
	p := start(t)
	clock.SetWall(1_700_000_000e9)
	now := clock.Now()
	soon := p.put(0, 0, 1000)
	late := p.put(16, (now+5e6)/1e9, (now+5e6)%1e9)
	past := p.put(32, 0, 1)
	p.check([]callCase{
		{"sleep", nrNanosleep, []uint64{soon, 0}, 0},
		{"sleep from nowhere", nrNanosleep, []uint64{nowhere, 0}, eFAULT},
		{"until", nrClockNanosleep, []uint64{1, 1, late, 0}, 0},
		{"until a time that is over", nrClockNanosleep, []uint64{1, 1, past, 0}, 0},
		{"for", nrClockNanosleep, []uint64{1, 0, soon, 0}, 0},
		{"for nowhere", nrClockNanosleep, []uint64{1, 0, nowhere, 0}, eFAULT},
		{"on a thread's own clock", nrClockNanosleep, []uint64{clockThread, 0, soon, 0}, eINVAL},
		{"on no clock", nrClockNanosleep, []uint64{clockLast + 1, 0, soon, 0}, eINVAL},
		{"real time", nrClockGettime, []uint64{0, p.mem + 64}, 0},
		{"monotonic", nrClockGettime, []uint64{1, p.mem + 80}, 0},
		{"the process's", nrClockGettime, []uint64{2, p.mem + 96}, 0},
		{"the thread's", nrClockGettime, []uint64{3, p.mem + 112}, 0},
		{"no clock", nrClockGettime, []uint64{12, p.mem + 64}, eINVAL},
		{"to nowhere", nrClockGettime, []uint64{0, nowhere}, eFAULT},
		{"resolution", nrClockGetres, []uint64{0, p.mem + 128}, 0},
		{"no resolution", nrClockGetres, []uint64{0, 0}, 0},
		{"resolution to nowhere", nrClockGetres, []uint64{0, nowhere}, eFAULT},
		{"timeofday", nrGettimeofday, []uint64{p.mem + 144, 0}, 0},
		{"no timeofday", nrGettimeofday, []uint64{0, 0}, 0},
		{"timeofday to nowhere", nrGettimeofday, []uint64{nowhere, 0}, eFAULT},
		{"time", nrTime, []uint64{p.mem + 160}, 1_700_000_000},
		{"time to nowhere", nrTime, []uint64{nowhere}, eFAULT},
		{"times to nowhere", nrTimes, []uint64{nowhere}, eFAULT},
		{"nobody sleeps", abi.SysTimers, nil, 0},
	})
	after := clock.Now()
	got := p.get(64, 13)
	at := func(i int) uint64 { return got[i]*1e9 + got[i+1] }
	if got[0] != 1_700_000_000 || at(2) < now+5e6 || at(2) > after || at(4) > after || at(6) > after || at(8) != 1 || got[10] != 1_700_000_000 || got[12] != 1_700_000_000 {
		t.Errorf("%d, from %d to %d", got, now, after)
	}
	if n := p.call(nrTimes, p.mem+200); n < now/1e7 || n > clock.Now()/1e7 || p.get(200, 2)[1] != 0 {
		t.Errorf("times is %d, and the clock %d", n, clock.Now())
	}
}

// TestSleepIsLeft: a signal ends a sleep.
func TestSleepIsLeft(t *testing.T) {
	p := start(t)
	p.handle(10, 0, 0)
	th := p.thread
	th.SP = p.mem + 3*page
	th.SigPending = bit(10)
	p.call(nrNanosleep, p.put(0, 100, 0), 0)
	if th.PC != handler || *u64(th.DX + ucContext + 13*8) != eINTR {
		t.Errorf("it goes on with %+v", th.Frame)
	}
}

// TestSetitimer: the profiler's timer.
func TestSetitimer(t *testing.T) {
	p := start(t)
	every := p.put(0, 1, 500, 1, 500)
	off := p.put(32, 0, 0, 0, 0)
	p.check([]callCase{
		{"real time", nrSetitimer, []uint64{0, every, 0}, eINVAL},
		{"from nowhere", nrSetitimer, []uint64{2, nowhere, 0}, eFAULT},
		{"to nowhere", nrSetitimer, []uint64{2, every, nowhere}, eFAULT},
		{"on", nrSetitimer, []uint64{2, every, 0}, 0},
		{"off", nrSetitimer, []uint64{2, off, p.mem + 64}, 0},
		{"forever", nrSetitimer, []uint64{2, p.put(128, 1<<63, 1<<63, 0, 0), 0}, 0},
		{"off", nrSetitimer, []uint64{2, off, p.mem + 96}, 0},
	})
	if got := p.get(64, 5); got[0] != 1 || got[1] != 500 || got[2] != 1 || got[3] != 500 || got[4] < 1<<32 {
		t.Errorf("%d", got)
	}
}

// TestRandom: no predictable bytes. A device's are taken when they pass their test.
func TestRandom(t *testing.T) {
	p := start(t)
	Random, device, chosen = entropy.Generator{}, entropy.Source{Draw: deviceWord, Bits: 64}, -1
	p.check([]callCase{
		{"before there is a seed", nrGetrandom, []uint64{p.mem, 16, 0}, eAGAIN},
		{"and by the platform", abi.SysRandom, []uint64{p.mem, 16, abi.RandomAnyway}, eAGAIN},
		{"to nowhere", nrGetrandom, []uint64{nowhere, 16, 0}, eFAULT},
		{"a seed from nowhere", abi.SysSeed, []uint64{nowhere}, eFAULT},
	})
	if got := p.get(0, 2); got[0] != 0 || got[1] != 0 {
		t.Errorf("bytes without a seed: %x", got)
	}
	for i := range uint64(abi.SeedWords) {
		p.put(8*i, (i+1)*0x9e3779b97f4a7c15)
	}
	p.check([]callCase{
		{"a device", abi.SysSeed, []uint64{p.mem}, 0},
		{"asks for the device's again", abi.SysRandom, []uint64{p.mem + 512, 16, 0}, eAGAIN},
		{"anyway", abi.SysRandom, []uint64{p.mem + 512, 16, abi.RandomAnyway}, 16},
		{"getrandom", nrGetrandom, []uint64{p.mem + 528, 16, 0}, 16},
	})
	if got := p.get(512, 5); got[0] == 0 || got[0] == got[2] || got[1] == got[3] || got[4] != 0 {
		t.Errorf("%x", got)
	}
	if deviceWords != [abi.SeedWords]uint64{} {
		t.Error("the seed is left in memory")
	}
	for i := range uint64(abi.SeedWords) {
		p.put(8*i, 7)
	}
	p.check([]callCase{
		{"a device that is stuck", abi.SysSeed, []uint64{p.mem}, eIO},
		{"leaves the generator as good as it was", nrGetrandom, []uint64{p.mem, 16, 0}, 16},
	})
}

// TestSeedRandom: by the processor's generator, where the host has one.
func TestSeedRandom(t *testing.T) {
	p := start(t)
	if !present(0) && !present(1) {
		t.Skip("this processor has no generator")
	}
	if !SeedRandom() || chosen < 0 {
		t.Fatal("no seed")
	}
	if n := p.call(abi.SysRandom, p.mem, 16, 0); n != 16 || p.get(0, 1)[0] == 0 {
		t.Errorf("%d bytes, %x", int64(n), p.get(0, 2))
	}
	chosen = -1
}

// TestWatch: the runtime's monitor waits for its word, not longer than it says.
func TestWatch(t *testing.T) {
	p := start(t)
	p.check([]callCase{
		{"another value", abi.SysWatch, []uint64{p.put(0, 5), 6, 1e6}, eAGAIN},
		{"its time is over", abi.SysWatch, []uint64{p.put(0, 5), 5, 1e5}, -110 & (1<<64 - 1)},
	})
}
