package netmem

import "testing"

// reset makes the budget n bytes, all free.
func reset(t *testing.T, n int64) (pressed *int) {
	pressed = new(int)
	charged.Store(0)
	sockets.Store(0)
	refused.Store(0)
	dropped.Store(0)
	SetBudget(n, func() { *pressed++ }, nil)
	t.Cleanup(func() { SetBudget(0, func() {}, nil) })
	return pressed
}

func TestNoLimit(t *testing.T) {
	reset(t, 0)
	Charge(1 << 40)
	if Bound(1<<20) != 1<<20 || !Fits(1<<20, 1<<20) || Short(1000000) || !Admit(false) || Excess() != 0 || Spare() != 1 {
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
		{0, 8 << 20, 768 << 10},
		{4 << 20, 8 << 20, 256 << 10},
		{7 << 20, 8 << 20, Floor},
		{8 << 20, 8 << 20, Floor},
		{16 << 20, 8 << 20, Floor},
		{16 << 20, 100, 100},
	} {
		charged.Store(int64(c.used))
		if got := Bound(c.size); got != c.want {
			t.Errorf("%d used: a queue of %d may hold %d, want %d", c.used, c.size, got, c.want)
		}
	}
	if Fits(Floor+1, 8<<20) || Snapshot().Dropped != 1 {
		t.Error("no packet was dropped with the budget spent")
	}
}

func TestConnections(t *testing.T) {
	const limit = 8 * 10 * (Connection + Socket)
	pressed := reset(t, limit)
	if Short(9) || !Short(10) {
		t.Error("cookies do not begin with the eleventh half-open connection")
	}
	charged.Store(limit / 4 * 3)
	if Short(0) || Excess() != 0 || Spare() != 1 || !Admit(false) {
		t.Error("a quarter free is not enough")
	}
	charged.Store(limit / 8 * 7)
	if !Short(0) || !Admit(false) || Excess() != limit/8 || Spare() != 0.5 {
		t.Errorf("an eighth free: excess %d, spare %v", Excess(), Spare())
	}
	charged.Store(limit - limit/16 - Connection - Socket + 1)
	if Admit(false) || !Admit(true) {
		t.Error("the last sixteenth is not for those who come again")
	}
	charged.Store(limit - Connection - Socket + 1)
	if Admit(false) || Admit(true) || Excess() != limit/4-Connection-Socket+1 {
		t.Errorf("%+v, excess %d", Snapshot(), Excess())
	}
	if Refuse(); Snapshot().Refused != 1 {
		t.Errorf("%+v", Snapshot())
	}
	charged.Store(limit + 1)
	if Spare() != 0 {
		t.Errorf("beyond the limit there is room: %v", Spare())
	}
	if *pressed != 7 {
		t.Errorf("pressed %d times, want 7", *pressed)
	}
}

// TestHeap: where the program lacks memory, the limit comes down to what is in use, but
// not to nothing, and goes up again by and by.
func TestHeap(t *testing.T) {
	const limit = 1 << 30
	reset(t, limit)
	short, pressed := false, 0
	SetBudget(limit, func() { pressed++ }, &Heap{Short: func() bool { return short }})
	if Short(0) || !Admit(false) || pressed != 0 {
		t.Error("pressed with all free")
	}
	if short = true; !Short(0) || !Admit(false) || pressed != 2 {
		t.Errorf("the program's heap does not count: pressed %d times", pressed)
	}
	charged.Store(limit / 2)
	if Collected() || Snapshot().Limit != limit/2 || Excess() != limit/8 {
		t.Errorf("a short heap: %+v, excess %d", Snapshot(), Excess())
	}
	charged.Store(limit)
	if Collected() || Snapshot().Limit != limit/2 {
		t.Errorf("the limit grew while the heap is short: %+v", Snapshot())
	}
	charged.Store(0)
	if Collected() || Snapshot().Limit != limit/least {
		t.Errorf("no connection could live: %+v", Snapshot())
	}
	short = false
	n := 1
	for !Collected() {
		n++
	}
	if want := steps - steps/least; n != want || Snapshot().Limit != limit {
		t.Errorf("the limit is back after %d collections, want %d: %+v", n, want, Snapshot())
	}
}

// TestMeasured: of many connections each counts what the collector left, shared among
// them, but not more than the guess, nor less than a stack; and of few the guess.
func TestMeasured(t *testing.T) {
	reset(t, 1<<30)
	kept, collection := uint64(0), uint32(0)
	SetBudget(1<<30, func() {}, &Heap{Short: func() bool { return false }, Kept: func() (uint64, uint32) { return kept, collection }})
	collect := func(bytes int) { kept, collection = uint64(bytes), collection+1 }
	each := func(n, want int) {
		t.Helper()
		if got := Snapshot().Used; got != int64(n*want) {
			t.Errorf("%d connections count %d each, want %d", n, got/int64(n), want)
		}
	}
	Open(1)
	each(1, Socket)
	collect(many * (Connection + 5<<10))
	Open(many - 2)
	each(many-1, Socket)
	Open(1)
	each(many, Socket) // the collection is not one of as many
	collect(many * (Connection + 5<<10))
	each(many, Socket)
	Open(1)
	Open(-1)
	each(many, 5<<10-3) // shared among one more
	Open(many)
	each(2*many, 5<<10-3)
	collect(0)
	Open(-many)
	Open(1)
	each(many+1, leastSocket)
	collect(1 << 40)
	Open(1)
	each(many+2, Socket)
}
