// Package netmem is one budget for all that the network stack keeps in memory for
// its connections, and what they cost the program, as Linux' tcp_mem is. Whatever the
// number of peers, and whether they read or not, the stack stays within its share of
// RAM but for what is under way, and there is room for the next polite one.
//
// Each queue may hold a share of what is free at the moment (Bound): the dynamic
// threshold of A. K. Choudhury and E. L. Hahne, "Dynamic queue length thresholds for
// shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998. A
// peer that does not read keeps what it got, unlike a queue there, so that each later
// one has an eighth of what the ones before it left, down to the Floor. Connections
// cost as well: when the budget is short, new ones are kept in cookies (Short), and
// when it is spent they wait until others have been ended (Admit, Excess).
//
// gVisor's TCP and UDP call it from edits of boot/overlay; kernel/socket sets the
// limit and ends connections. Everything may be called concurrently. It imports
// sync/atomic alone.
package netmem

import "sync/atomic"

const (
	// Connection is what a TCP connection costs without its data: the endpoint,
	// its timers, and its places in tables.
	Connection = 12 << 10
	// Socket is what one costs the program: the stack of a goroutine, or two, and a
	// buffer for each direction, as net/http has them.
	Socket = 20 << 10
	// Floor is what each queue may hold, however short the budget is: a segment or
	// two with what they cost, so that every connection moves on.
	Floor = 8 << 10
	// Datagram is what one costs in a queue besides its bytes.
	Datagram = 1 << 10

	share = 8 // a queue may hold 1/share of what is free
)

var (
	limit, used atomic.Int64
	shortage    atomic.Pointer[func()]
	heapIsShort atomic.Pointer[func() bool]

	refused, dropped atomic.Uint64
)

// SetLimit sets the budget in bytes; 0, as at the start, is none. pressed is called
// when a connection is kept waiting or in a cookie, with locks of the stack held; it
// must not block. heap, which may be nil, tells whether the program's heap is near
// its own limit: then connections are too many, whatever they cost here.
func SetLimit(bytes int64, pressed func(), heap func() bool) {
	shortage.Store(&pressed)
	if heap != nil {
		heapIsShort.Store(&heap)
	}
	limit.Store(bytes)
}

// Charge adds n bytes to what is in use; n < 0 gives them back.
func Charge(n int) { used.Add(int64(n)) }

// Stats is a snapshot of the budget.
type Stats struct {
	Limit, Used int64  // bytes
	Refused     uint64 // connections that had to wait
	Dropped     uint64 // packets for which there was no memory
}

// Snapshot returns the figures.
func Snapshot() Stats {
	return Stats{limit.Load(), used.Load(), refused.Load(), dropped.Load()}
}

// Bound is how many bytes a queue may hold that was configured for size.
func Bound(size int) int {
	l := limit.Load()
	if l == 0 {
		return size
	}
	return min(size, max(int((l-used.Load())/share), Floor))
}

// Fits reports whether a queue that holds some bytes and was configured for size may
// take a packet, and counts it as dropped if not.
func Fits(held, size int) bool {
	if held <= size && held <= Bound(size) {
		return true
	}
	dropped.Add(1)
	return false
}

// Short reports whether new connections should cost nothing until the peer has shown
// that it exists: pending of them are half open. They may take a sixteenth of the
// budget, and only while a quarter of it is free.
func Short(pending int) bool {
	l := limit.Load()
	if l == 0 || int64(pending)*Connection < l/16 && used.Load() < l-l/4 && !heapShort() {
		return false
	}
	press()
	return true
}

// Admit reports whether there is room for a connection whose peer has answered. If
// not, the peer tries again.
func Admit() bool {
	l := limit.Load()
	if l == 0 || used.Load()+Connection+Socket <= l && !heapShort() {
		return true
	}
	refused.Add(1)
	press()
	return false
}

// Excess is how many bytes must be given back until a quarter of the budget is free,
// and connections need neither wait nor cookies; spent, until half of it is, so that
// it lasts for a while.
func Excess(spent bool) int64 {
	l := limit.Load()
	if l == 0 {
		return 0
	}
	free := l / 4
	if spent {
		free = l / 2
	}
	return max(0, used.Load()-(l-free))
}

func heapShort() bool {
	f := heapIsShort.Load()
	return f != nil && (*f)()
}

func press() {
	if f := shortage.Load(); f != nil {
		(*f)()
	}
}
