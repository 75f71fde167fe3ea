package syscalls

import (
	"testing"
	"time"

	"yolk/kernel/abi"
	"yolk/kernel/kerneltest"
	"yolk/kernel/sched"
)

const (
	nrYield       = 24
	nrClone       = 56
	nrExit        = 60
	nrArchPrctl   = 158
	nrGettid      = 186
	nrFutex       = 202
	nrSetaffinity = 203
	nrGetaffinity = 204
	nrExitGroup   = 231
	nrGetcpu      = 309
)

const goClone = 0x100 | 0x200 | 0x400 | 0x800 | 0x40000 | 0x10000 // the runtime's cloneFlags

// TestClone: a thread returns 0 from the call of the one that made it.
func TestClone(t *testing.T) {
	p := start(t)
	p.thread.SigMask, p.thread.TLS, p.thread.PC, p.thread.R12 = 0x55, 0x1234, 0x400100, 7
	p.check([]callCase{
		{"a process", nrClone, []uint64{17, p.mem, 0, 0, 0}, eNOSYS},
		{"without memory", nrClone, []uint64{0x10000, p.mem, 0, 0, 0}, eNOSYS},
	})
	for _, c := range []struct{ flags, tls, want uint64 }{{goClone, 99, 0x1234}, {goClone | cloneSetTLS, 99, 99}} {
		id := p.call(nrClone, c.flags, p.mem+64, 0, 0, c.tls)
		if sched.Current() != p.thread || int64(id) <= 1 || id == uint64(p.thread.ID) {
			t.Fatalf("thread %d", int64(id))
		}
		p.call(nrYield)
		n := sched.Current()
		if uint64(n.ID) != id || n.AX != 0 || n.SP != p.mem+64 || n.TLS != c.want || n.SigMask != 0x55 || n.PC != 0x400100 || n.R12 != 7 {
			t.Errorf("thread %d, want %d: %+v", n.ID, id, n.Frame)
		}
		if got := p.call(nrGettid); got != id {
			t.Errorf("gettid is %d, want %d", got, id)
		}
		p.call(nrExit)
		if sched.Current() != p.thread {
			t.Fatalf("thread %d runs", sched.Current().ID)
		}
	}
	made := 0
	for ; made < 2000; made++ {
		if id := p.call(nrClone, goClone, p.mem+64); id == eAGAIN {
			break
		}
	}
	if made == 2000 || made < 900 {
		t.Errorf("%d threads were made", made)
	}
	for range made { // each ends when it runs
		p.call(nrYield)
		for sched.Current() != p.thread {
			p.call(nrExit)
		}
	}
	if id := p.call(nrClone, goClone, p.mem+64); int64(id) < 0 {
		t.Errorf("no thread when all have ended: %d", int64(id))
	}
	p.call(nrYield)
	p.call(nrExit)
}

// TestFutex: arguments, one by one.
func TestFutex(t *testing.T) {
	p := start(t)
	const private = futexPrivate
	word := p.put(0, 5)
	brief := p.put(16, 0, 1000)
	p.check([]callCase{
		{"not aligned", nrFutex, []uint64{word + 2, futexWait, 5, 0}, eINVAL},
		{"nowhere", nrFutex, []uint64{nowhere, futexWait, 5, 0}, eFAULT},
		{"another value", nrFutex, []uint64{word, futexWait | private, 6, 0}, eAGAIN},
		{"32 bits count", nrFutex, []uint64{word, futexWait, 1<<32 | 6, 0}, eAGAIN},
		{"until nowhere", nrFutex, []uint64{word, futexWait, 5, nowhere}, eFAULT},
		{"for a moment", nrFutex, []uint64{word, futexWait | private, 1<<40 | 5, brief}, -110 & (1<<64 - 1)},
		{"real time", nrFutex, []uint64{word, futexWait | futexRealtime, 5, brief}, -110 & (1<<64 - 1)},
		{"for less than nothing", nrFutex, []uint64{word, futexWait, 5, p.put(32, 0, 1<<64-5)}, -110 & (1<<64 - 1)},
		{"nobody waits", nrFutex, []uint64{word, futexWake | private, 9}, 0},
		{"requeue", nrFutex, []uint64{word, 3, 1, 0, word, 0}, eNOSYS},
	})
}

// TestFutexWakes: as many as are asked for, the first to come first.
func TestFutexWakes(t *testing.T) {
	p := start(t)
	word := p.put(0, 5)
	var waiters []*sched.Thread
	for range 3 {
		waiters = append(waiters, p.other())
		p.call(nrYield)
		p.call(nrFutex, word, futexWait, 5, 0) // blocks: the test's own thread runs on
		if sched.Current() != p.thread {
			t.Fatalf("thread %d runs", sched.Current().ID)
		}
	}
	p.check([]callCase{
		{"another word", nrFutex, []uint64{word + 4, futexWake, 9}, 0},
		{"one", nrFutex, []uint64{word, futexWake, 1}, 1},
		{"all", nrFutex, []uint64{word, futexWake, 1 << 31}, 2},
		{"none are left", nrFutex, []uint64{word, futexWake, 9}, 0},
	})
	p.call(nrYield)
	for _, w := range waiters {
		if got := sched.Current(); got != w || got.AX != 0 {
			t.Fatalf("thread %d runs, with %d, want %d", got.ID, got.AX, w.ID)
		}
		p.call(nrExit)
	}
}

// TestAffinity: masks of processors.
func TestAffinity(t *testing.T) {
	p := start(t)
	id := uint64(p.thread.ID)
	one, none, second := p.put(0, 1), p.put(8, 0), p.put(16, 2)
	p.check([]callCase{
		{"too short", nrGetaffinity, []uint64{0, 4, p.mem + 32}, eINVAL},
		{"nowhere", nrGetaffinity, []uint64{0, 8, nowhere}, eFAULT},
		{"no such thread", nrGetaffinity, []uint64{4000, 8, p.mem + 32}, eSRCH},
		{"one's own", nrGetaffinity, []uint64{0, 128, p.mem + 32}, 8},
		{"by name", nrGetaffinity, []uint64{id, 8, p.mem + 40}, 8},
		{"set", nrSetaffinity, []uint64{0, 8, one}, 0},
		{"set a byte", nrSetaffinity, []uint64{0, 1, one}, 0},
		{"set none", nrSetaffinity, []uint64{0, 8, none}, eINVAL},
		{"set one that is not there", nrSetaffinity, []uint64{0, 8, second}, eINVAL},
		{"set nothing", nrSetaffinity, []uint64{0, 0, one}, eFAULT},
		{"set from nowhere", nrSetaffinity, []uint64{0, 8, nowhere}, eFAULT},
	})
	if got := p.get(32, 2); got[0] != 1 || got[1] != 1 {
		t.Errorf("processors %x", got)
	}
}

func TestGetcpu(t *testing.T) {
	p := start(t)
	p.put(0, 1<<64-1)
	p.check([]callCase{
		{"both", nrGetcpu, []uint64{p.mem, p.mem + 4}, 0},
		{"neither", nrGetcpu, []uint64{0, 0}, 0},
		{"nowhere", nrGetcpu, []uint64{nowhere, 0}, eFAULT},
		{"node nowhere", nrGetcpu, []uint64{0, nowhere}, eFAULT},
		{"FS", nrArchPrctl, []uint64{0x1002, 0x777}, 0},
		{"GS", nrArchPrctl, []uint64{0x1001, 0x777}, eINVAL},
	})
	if got := p.get(0, 1)[0]; got != 0 || p.thread.TLS != 0x777 {
		t.Errorf("%x, TLS %#x", got, p.thread.TLS)
	}
}

// TestExitGroup: the program's status is the machine's.
func TestExitGroup(t *testing.T) {
	p := start(t)
	kerneltest.Ends(p, 3, func() { p.call(nrExitGroup, 3) })
	kerneltest.Ends(p, 255, func() { p.call(nrExitGroup, 1<<64-1) })
}

// TestPoll: the runtime's poller waits for an event, or a while.
func TestPoll(t *testing.T) {
	p := start(t)
	before := time.Now()
	p.check([]callCase{
		{"a while", abi.SysPoll, []uint64{1e6}, 0},
		{"wake nobody", abi.SysPollWake, nil, 0},
		{"woken before", abi.SysPoll, []uint64{1 << 62}, 0},
	})
	if d := time.Since(before); d < time.Millisecond/4 { // the machine's clock is not this one's
		t.Errorf("it took %v", d)
	}
	other := p.other()
	p.call(abi.SysPoll, 1<<62)
	if sched.Current() != other {
		t.Fatal("the poller does not wait")
	}
	p.call(abi.SysPollWake)
	p.call(nrYield)
	if sched.Current() != p.thread || p.thread.AX != 0 {
		t.Errorf("thread %d runs", sched.Current().ID)
	}
	p.call(nrYield)
	p.call(nrExit)
}

// TestUnknownCalls: a number that is not served has an error, whatever it is.
func TestUnknownCalls(t *testing.T) {
	p := start(t)
	for _, n := range []uint64{57, 59, 222, uint64(len(calls)), abi.SysFirst - 1, abi.SysFirst + uint64(len(yolkCalls)), 1<<63 + 9, 1<<64 - 1} {
		if got := p.call(n); got != eNOSYS {
			t.Errorf("call %d is %d", n, int64(got))
		}
	}
	p.check([]callCase{
		{"openat", 257, nil, eNOENT}, {"wait4", 61, nil, eCHILD}, {"getpid", 39, nil, 1}, {"getuid", 102, nil, 0},
		{"read", 0, []uint64{3}, eBADF}, {"close", 3, []uint64{3}, eBADF}, {"close", 3, []uint64{2}, 0}, {"fcntl", 72, []uint64{1}, 0},
	})
}
