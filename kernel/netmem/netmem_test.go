package netmem

import "testing"

// reset makes the budget n bytes, all free.
func reset(t *testing.T, n int64) (pressed *int) {
	pressed = new(int)
	used.Store(0)
	refused.Store(0)
	dropped.Store(0)
	SetLimit(n, func() { *pressed++ }, nil)
	t.Cleanup(func() { SetLimit(0, func() {}, func() bool { return false }) })
	return pressed
}

func TestNoLimit(t *testing.T) {
	reset(t, 0)
	Charge(1 << 40)
	if Bound(1<<20) != 1<<20 || !Fits(1<<20, 1<<20) || Short(1000000) || !Admit() || Excess(true) != 0 {
		t.Error("without a limit something is refused")
	}
	if Fits(1<<20+1, 1<<20) {
		t.Error("a full queue takes more")
	}
}

// TestGreedyQueues: however many queues take all they may, the budget holds but for
// their floors, and each later one still gets its floor.
func TestGreedyQueues(t *testing.T) {
	const limit = 16 << 20
	for _, n := range []int{1, 10, 100, 1000} {
		reset(t, limit)
		last := 1 << 30
		for range n {
			got := 0
			for got < Bound(1<<30) {
				got += 1460
				Charge(1460)
			}
			if got < Floor || got > last {
				t.Fatalf("%d queues: one got %d after one with %d", n, got, last)
			}
			last = got
		}
		if u := Snapshot().Used; u > int64(limit+n*(Floor+1460)) || n == 1 && u > limit/8 {
			t.Errorf("%d queues took %d of %d", n, u, limit)
		}
	}
}

func TestBound(t *testing.T) {
	reset(t, 8<<20)
	for _, c := range []struct{ used, size, want int }{
		{0, 1000, 1000},
		{0, 8 << 20, 1 << 20},
		{4 << 20, 8 << 20, 512 << 10},
		{8 << 20, 8 << 20, Floor},
		{16 << 20, 8 << 20, Floor},
		{16 << 20, 100, 100},
	} {
		used.Store(int64(c.used))
		if got := Bound(c.size); got != c.want {
			t.Errorf("%d used: a queue of %d may hold %d, want %d", c.used, c.size, got, c.want)
		}
	}
	if Fits(Floor+1, 8<<20) || Snapshot().Dropped != 1 {
		t.Error("no packet was dropped with the budget spent")
	}
}

func TestConnections(t *testing.T) {
	const limit = 160 * Connection
	pressed := reset(t, limit)
	if Short(9) || !Short(10) {
		t.Error("cookies do not begin with the eleventh half-open connection")
	}
	used.Store(limit / 4 * 3)
	if !Short(0) || Excess(false) != 0 || Excess(true) != limit/4 {
		t.Error("a quarter free")
	}
	if !Admit() {
		t.Error("a connection was refused with a quarter free")
	}
	used.Store(limit - Connection - Socket + 1)
	if Admit() || Snapshot().Refused != 1 || Excess(false) != limit/4-Connection-Socket+1 {
		t.Errorf("%+v, excess %d", Snapshot(), Excess(false))
	}
	if *pressed != 3 {
		t.Errorf("pressed %d times, want 3", *pressed)
	}
}

// TestHeap: connections also wait when it is the program that lacks memory.
func TestHeap(t *testing.T) {
	reset(t, 1<<30)
	short := false
	SetLimit(1<<30, func() {}, func() bool { return short })
	if Short(0) || !Admit() {
		t.Error("refused with all free")
	}
	if short = true; !Short(0) || Admit() {
		t.Error("the program's heap does not count")
	}
}
