package sched

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/abi"
	"yolk/kernel/clock"
	"yolk/kernel/smp"
)

// The scheduler on the host. A test is one thread that plays each processor in
// turn; in the local APIC's registers the last interrupt sent can be read. Nothing
// here may halt: every processor keeps a thread.

const (
	testCPUs    = 4
	testThreads = 32

	apicPage = 0xfee00000
	apicTo   = apicPage + 0x310 // destination of the last interrupt sent
)

var (
	processors  [testCPUs]amd64.CPU
	threadPages [testThreads * threadSize]byte
	threadTable [testThreads]uintptr
)

// on makes the test processor i.
func on(t testing.TB, i int) { amd64test.Become(t, &processors[i], i) }

// machine returns, for each processor, the thread that it runs.
func machine(t *testing.T) (running [testCPUs]*Thread) {
	amd64test.Enter(t)
	amd64test.Map(t, apicPage, 4096)
	amd64.SetClock(amd64.ClockParams{Base: amd64.TSC(), Mult: 1 << 31})
	cpus = [abi.MaxCPUs]cpu{}
	buckets, poller, woken = [futexBuckets]uintptr{}, 0, false
	standby, relief = 0, 0
	table, highest, live, spare = uintptr(unsafe.Pointer(&threadTable)), testThreads, 0, 0
	Slice = 10e6
	for i := testThreads - 1; i >= 0; i-- {
		a := uintptr(unsafe.Pointer(&threadPages[i*threadSize]))
		*thread(a) = Thread{ID: uint32(i + 1), link: spare}
		threadTable[i], spare = a, a
	}
	for i := range testCPUs {
		on(t, i)
		smp.Join(uint32(10 + i))
		running[i] = New()
		Run(running[i])
	}
	on(t, 0)
	t.Cleanup(func() { Slice = 10e6 })
	return running
}

func sentTo() int { return int(*(*uint32)(unsafe.Pointer(uintptr(apicTo))) >> 24) }

// expectRunning fails unless processor i runs want.
func expectRunning(t *testing.T, i int, want *Thread) {
	t.Helper()
	if got := thread(cpus[i].current); got != want {
		t.Fatalf("processor %d runs thread %v, want %d", i, got, want.ID)
	}
	if processors[i].Context != want.addr() || want.State != Running || int(want.home) != i {
		t.Fatalf("processor %d will resume %#x; thread %d is %v at home on %d", i, processors[i].Context, want.ID, want.State, want.home)
	}
}

// TestPlace: where a thread goes that processor 0 wakes and that ran on 1.
func TestPlace(t *testing.T) {
	const all = ^uint64(0)
	for _, c := range []struct {
		name    string
		load    [testCPUs]int // threads on each processor, the running one included
		allowed uint64
		want    uint32
	}{
		{"the waker's is idle", [...]int{0, 0, 0, 0}, all, 0},
		{"its own is idle", [...]int{1, 0, 0, 0}, all, 1},
		{"another is idle", [...]int{1, 1, 1, 0}, all, 3},
		{"all are busy", [...]int{1, 1, 1, 1}, all, 0},
		{"others have less to do", [...]int{3, 2, 1, 1}, all, 2},
		{"an idle one that it may not use", [...]int{1, 2, 0, 3}, 1<<1 | 1<<3, 1},
		{"only there", [...]int{0, 0, 0, 1}, 1 << 3, 3},
	} {
		running := machine(t)
		for i, n := range c.load {
			if n == 0 {
				cpus[i].current = 0
				running[i].State = Sleeping
			}
			for range n - 1 {
				other := New()
				other.home = uint32(i)
				cpus[i].push(other, false)
			}
		}
		woken := New()
		woken.State, woken.home, woken.Affinity = Sleeping, 1, c.allowed
		mu.Lock()
		wake(woken, 7, false)
		unlock()
		if woken.home != c.want || cpus[c.want].tail != woken.addr() || woken.State != Ready || woken.AX != 7 {
			t.Errorf("%s: on %d, state %v, result %d", c.name, woken.home, woken.State, woken.AX)
		}
		if c.want != 0 && sentTo() != 10+int(c.want) {
			t.Errorf("%s: processor %d was not told, but %d", c.name, c.want, sentTo()-10)
		}
	}
}

// TestInterruptsWaitForTheLock: to send one may leave the guest, and other processors
// must not have to wait for that.
func TestInterruptsWaitForTheLock(t *testing.T) {
	machine(t)
	for i := 1; i < 3; i++ {
		pinned := New()
		pinned.State, pinned.Affinity = Sleeping, 1<<i
		mu.Lock()
		before := sentTo()
		wake(pinned, 0, false)
		if cpus[i].head != pinned.addr() || sentTo() != before {
			t.Errorf("sent to %d, or not on the queue, with the lock held", sentTo())
		}
		unlock()
		if sentTo() != 10+i {
			t.Errorf("sent to %d, want %d", sentTo(), 10+i)
		}
	}
}

// TestSlices: threads of one processor take turns; one that may go elsewhere leaves at
// the end of its slice, when fewer wait there.
func TestSlices(t *testing.T) {
	running := machine(t)
	a, b := New(), New()
	a.Affinity, b.Affinity, running[0].Affinity = 1, 1, 1
	Start(a)
	Start(b)
	if cpus[0].head != a.addr() || cpus[0].tail != b.addr() {
		t.Fatal("new threads are not on the queue in order")
	}
	Preempt() // no slice is over
	expectRunning(t, 0, running[0])
	cpus[0].since -= Slice
	Preempt()
	expectRunning(t, 0, a)
	if cpus[0].tail != running[0].addr() {
		t.Error("the thread whose slice was over is not last")
	}
	a.Affinity = ^uint64(0)
	cpus[0].since -= Slice
	Preempt()
	expectRunning(t, 0, b)
	if cpus[1].head != a.addr() || sentTo() != 11 {
		t.Error("the thread whose slice was over did not go where nobody waits")
	}
}

// TestWaited: how long a thread was on a run queue before it ran, and how often it began to,
// are counted for it and for the processor.
func TestWaited(t *testing.T) {
	running := machine(t)
	a := New()
	a.Affinity, running[0].Affinity = 1, 1
	Start(a)
	a.readyAt = 0
	cpus[0].since -= Slice
	Preempt()
	expectRunning(t, 0, a)
	if a.waited != cpus[0].since || a.runs != 1 || running[0].waited != 0 || running[0].runs != 1 {
		t.Errorf("the one that waited: %d ns, %d times; the other: %d ns, %d times", a.waited, a.runs, running[0].waited, running[0].runs)
	}
	a.readyAt, cpus[0].since = clock.Now()+1e12, cpus[0].since-Slice // what another processor's clock said
	Preempt()
	var p abi.Processor
	if Describe(0, &p); p.Runs != 3 || p.Waited != a.waited+running[0].waited || p.Switches == 0 {
		t.Errorf("%+v", p)
	}
	if info := a.describe(); info.Waited != a.waited || info.Runs != a.runs {
		t.Errorf("%+v", info)
	}
}

func TestTheFirstPreempts(t *testing.T) {
	running := machine(t)
	for _, coop := range []bool{false, true} {
		urgent := New()
		urgent.State = Sleeping
		mu.Lock()
		wake(urgent, 0, true)
		unlock()
		if coop {
			Slice = 0
		}
		Preempt()
		if coop {
			expectRunning(t, 0, running[0])
		} else {
			expectRunning(t, 0, urgent)
			Exit() // running[0] goes on
		}
	}
}

func TestAnEmptyQueueTakesFromOthers(t *testing.T) {
	running := machine(t)
	mine, pinned := New(), New()
	pinned.Affinity = 1 << 0
	Start(pinned)
	Start(mine)
	on(t, 3)
	Sleep(1e12) // running[3]
	expectRunning(t, 3, mine)
	if cpus[0].head != pinned.addr() || cpus[0].tail != pinned.addr() {
		t.Error("the pinned thread is not what is left")
	}
	if running[3].State != Sleeping || cpus[3].sleepers != running[3].addr() {
		t.Error("the sleeper is not on its processor's queue")
	}
}

// TestThrottle: a thread that is held back in a page fault is in no system call,
// so its registers are its own; a signal or the time ends its wait.
func TestThrottle(t *testing.T) {
	running := machine(t)
	held, other := running[0], New()
	for _, end := range []string{"time", "signal", "signal before"} {
		Start(other)
		held.AX = 42
		if end == "signal before" {
			Signal(held.ID, 1<<22)
		}
		Throttle(1e12)
		if end == "signal before" {
			expectRunning(t, 0, held)
			return
		}
		expectRunning(t, 0, other)
		if held.State != Throttled || cpus[0].sleepers != held.addr() {
			t.Fatalf("%s: state %v, not on the queue of sleepers", end, held.State)
		}
		if end == "time" {
			held.deadline = 1
			Tick()
		} else {
			Signal(held.ID, 1<<22)
		}
		Sleep(1e12) // other
		expectRunning(t, 0, held)
		if held.AX != 42 || cpus[0].sleepers != other.addr() {
			t.Errorf("%s: result %d where there was 42, or a sleeper too many", end, held.AX)
		}
		held.SigPending = 0
		mu.Lock()
		unsleep(other)
		unlock()
	}
}

func TestPinning(t *testing.T) {
	running := machine(t)
	a := New()
	Start(a) // on 0
	if !Pin(a.ID, 1<<2) || cpus[2].head != a.addr() || sentTo() != 12 || cpus[0].head != 0 {
		t.Fatal("a waiting thread was not moved")
	}
	if !Pin(running[1].ID, 1<<3) || sentTo() != 11 {
		t.Fatal("the processor of a running thread was not told")
	}
	b := New()
	b.Affinity = 1 << 1
	on(t, 1)
	Start(b)
	Preempt()
	expectRunning(t, 1, b)
	if cpus[3].head != running[1].addr() {
		t.Error("it was not moved from there")
	}
	c := New()
	c.Affinity = 1 << 1
	Start(c)
	if !Pin(0, 1<<0) { // b, from itself
		t.Fatal("refused")
	}
	expectRunning(t, 1, c)
	if cpus[0].head != b.addr() || b.AX != 0 {
		t.Error("the caller was not moved")
	}
	if Pin(99, 1) || Pin(a.ID, 0) || Pin(a.ID, 1<<testCPUs) {
		t.Error("what is not there was accepted")
	}
	if got := Affinity(a.ID); got != 1<<2 {
		t.Errorf("affinity %b", got)
	}
}

func TestFutex(t *testing.T) {
	running := machine(t)
	var word uint32 = 5
	at := uint64(uintptr(unsafe.Pointer(&word)))
	Wait(at, 6, -1)
	if int64(running[0].AX) != -11 {
		t.Fatalf("a changed word gives %d, want EAGAIN", int64(running[0].AX))
	}
	var waiters []*Thread
	for range 3 {
		w := New()
		Start(w)
		waiters = append(waiters, w)
	}
	Wait(at, 5, -1)  // running[0]
	Wait(at, 5, 5e6) // waiters[0], with a deadline
	expectRunning(t, 0, waiters[1])
	on(t, 1)
	if n := Wake(at, 1); n != 1 || running[0].State != Ready || running[0].AX != 0 {
		t.Fatalf("woke %d; the one that waited first is %v", n, running[0].State)
	}
	on(t, 0)
	for cpus[0].sleepers != 0 {
		mu.Lock()
		cpus[0].expire()
		unlock()
	}
	if int64(waiters[0].AX) != -110 || waiters[0].deadline != 0 {
		t.Errorf("the one with a deadline got %d, want ETIMEDOUT", int64(waiters[0].AX))
	}
	if n := Wake(at, 100); n != 0 {
		t.Errorf("%d waiters are left in the bucket", n)
	}
}

func TestSignals(t *testing.T) {
	running := machine(t)
	if Signal(99, 1) {
		t.Error("a thread that is not there took it")
	}
	if !Signal(running[2].ID, 1<<4) || sentTo() != 12 || running[2].SigPending != 1<<4 {
		t.Error("a thread that runs elsewhere was not interrupted")
	}
	blocked := New()
	blocked.State, blocked.home, blocked.SigMask = Futex, 0, 1
	*(&buckets[hash(0)]) = blocked.addr()
	Signal(blocked.ID, 1)
	if blocked.State != Futex {
		t.Error("a masked signal ended a wait")
	}
	Signal(blocked.ID, 2)
	if blocked.State != Ready || int64(blocked.AX) != -4 {
		t.Errorf("state %v, result %d, want EINTR", blocked.State, int64(blocked.AX))
	}
}

// TestASignalBeforeAWait: one that reaches a thread inside the kernel, where the
// interrupt must wait, ends the wait that the thread is about to begin.
func TestASignalBeforeAWait(t *testing.T) {
	running := machine(t)
	word := uint32(0)
	for name, wait := range map[string]func(){
		"futex": func() { Wait(uint64(uintptr(unsafe.Pointer(&word))), 0, -1) },
		"sleep": func() { Sleep(1e9) },
		"poll":  func() { Poll(-1, nil) },
	} {
		on(t, 0)
		running[2].SigPending, running[2].SigMask = 0, 1
		Signal(running[2].ID, 2)
		on(t, 2)
		running[2].AX = 99
		wait()
		expectRunning(t, 2, running[2])
		if want := map[bool]int64{true: 0, false: -4}[name == "poll"]; int64(running[2].AX) != want {
			t.Errorf("%s: %d, want %d", name, int64(running[2].AX), want)
		}
	}
}

func TestPollWakeBeforePollIsNotLost(t *testing.T) {
	running := machine(t)
	PollWake(false)
	Poll(-1, nil)
	expectRunning(t, 0, running[0])
	next := New()
	Start(next)
	Poll(-1, nil)
	expectRunning(t, 0, next)
	on(t, 1)
	PollWake(false)
	if running[0].State != Ready {
		t.Error("the poller sleeps on")
	}
}

// TestEveryThreadIsInOnePlace does things at random on all processors and looks
// for every thread after each.
func TestEveryThreadIsInOnePlace(t *testing.T) {
	machine(t)
	for range 12 {
		Start(New())
	}
	var words [3]uint32
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		i := rnd.IntN(testCPUs)
		on(t, i)
		if rnd.IntN(2) == 0 {
			Current().SigPending = 0 // as on leaving the kernel
		}
		at := uint64(uintptr(unsafe.Pointer(&words[rnd.IntN(len(words))])))
		spare := cpus[i].head != 0 // blocking may find another thread
		switch op := rnd.IntN(8); {
		case op == 0 && spare:
			Wait(at, 0, int64(rnd.IntN(3)-1)*1000)
		case op == 1 && spare:
			Sleep(uint64(rnd.IntN(100000)))
		case op == 2:
			Wake(at, uint64(rnd.IntN(3)))
		case op == 3:
			Yield()
		case op == 4:
			Tick()
			Preempt()
		case op == 5:
			Signal(uint32(1+rnd.IntN(16)), 1)
		case op == 6 && spare:
			Pin(uint32(1+rnd.IntN(16)), ^uint64(0))
		case op == 7:
			cpus[i].since -= Slice
			Preempt()
		}
		account(t)
	}
}

// account fails unless each thread is exactly where its state says.
func account(t *testing.T) {
	t.Helper()
	seen := map[uintptr]string{}
	for _, a := range threadTable {
		if s := thread(a); s.State >= Futex && s.SigPending != 0 && s.ID <= 16 {
			t.Fatalf("thread %d waits, %v, with a signal", s.ID, s.State)
		}
	}
	note := func(a uintptr, where string, ok bool) {
		if seen[a] != "" || !ok {
			t.Fatalf("thread %d, %v, home %d, is %s and %s", thread(a).ID, thread(a).State, thread(a).home, seen[a], where)
		}
		seen[a] = where
	}
	for i := range testCPUs {
		c := &cpus[i]
		note(c.current, "running", thread(c.current).State == Running && int(thread(c.current).home) == i)
		last := uintptr(0)
		for a := c.head; a != 0; a = thread(a).link {
			note(a, "ready", thread(a).State == Ready && int(thread(a).home) == i)
			last = a
		}
		if c.head != 0 && c.tail != last {
			t.Fatalf("the queue of %d does not end with its tail", i)
		}
		before := uint64(0)
		for a := c.sleepers; a != 0; a = thread(a).timer {
			if s := thread(a); s.deadline < before || s.State < Futex || int(s.home) != i {
				t.Fatalf("sleeper %d: %v, home %d, deadline %d after %d", s.ID, s.State, s.home, s.deadline, before)
			}
			before = thread(a).deadline
			if thread(a).State == Sleeping {
				note(a, "sleeping", true)
			}
		}
	}
	for i := range buckets {
		for a := buckets[i]; a != 0; a = thread(a).link {
			note(a, "waiting", thread(a).State == Futex)
		}
	}
	if len(seen) != int(live) {
		t.Fatalf("%d threads are somewhere, %d are alive", len(seen), live)
	}
}

// TestAlarm: the first processor's timer is set to it, no other's, and an early one is
// due when that processor has nothing to do.
func TestAlarm(t *testing.T) {
	running := machine(t)
	t.Cleanup(func() { SetAlarm(0, false) })
	now := clock.Now()
	far, further := now+1<<40, now+1<<41
	SetAlarm(far, false)
	for i, want := range []uint64{far, 0} {
		if got := cpus[i].nextDeadline(); got != want {
			t.Errorf("processor %d: the timer is set to %d, want %d", i, got, want)
		}
	}
	for _, c := range []struct{ sleeper, want uint64 }{{further, far}, {now, now}} {
		running[0].deadline = c.sleeper
		cpus[0].sleepers = running[0].addr()
		if got := cpus[0].nextDeadline(); got != c.want {
			t.Errorf("beside a sleeper until %d: %d, want %d", c.sleeper, got, c.want)
		}
	}
	cpus[0].sleepers = 0
	if cpus[0].hasten(); AlarmDue() || alarm.at != far {
		t.Error("an alarm that may not be early was hastened")
	}
	SetAlarm(far, true)
	if cpus[1].hasten(); AlarmDue() {
		t.Error("hastened by another processor")
	}
	if cpus[0].hasten(); !AlarmDue() || cpus[0].nextDeadline() == far {
		t.Error("not due though the processor has nothing to do")
	}
	SetAlarm(0, false)
	if AlarmDue() || cpus[0].nextDeadline() != 0 {
		t.Error("due though there is none")
	}
}

// TestDrop: each processor drops all translations when its threads have run for 4 ms, at
// each double of that, and then each 2 s.
func TestDrop(t *testing.T) {
	running := machine(t) // which drops them, for the first thread
	on(t, 1)
	var at []uint64
	for ms := uint64(1); ms <= 8500; ms++ {
		amd64test.Take()
		mu.Lock()
		this().leave()
		this().busy = ms * 1e6
		this().run(running[1])
		mu.Unlock()
		for _, e := range amd64test.Take(amd64test.WriteCR) {
			if e.At == 3 {
				at = append(at, ms)
			}
		}
	}
	if want := []uint64{4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4048, 6048, 8048}; !slices.Equal(at, want) {
		t.Errorf("after %d ms, want %d", at, want)
	}
}
