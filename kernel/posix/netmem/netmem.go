// Package netmem is one budget for all that the network stack keeps in memory for
// its connections, and what they cost the program, as Linux' tcp_mem is. Whatever the
// number of peers, and whether they read or not, the stack stays within its share of
// RAM but for what is under way, and there is room for the next polite one.
//
// Each queue may hold a share of what is free at the moment but for the part that is
// for new connections (Bound): the dynamic threshold of A. K. Choudhury and E. L. Hahne,
// "Dynamic queue length thresholds for shared-memory packet switches", IEEE/ACM
// Transactions on Networking 6(2), 1998. A
// peer that does not read keeps what it got, unlike a queue there, so that each later
// one has an eighth of what the ones before it left, down to the Floor. Connections
// cost as well: when the budget is short, new ones are kept in cookies (Short) until
// the peer has shown that it exists, and idle ones are ended (Excess) so that there is
// always room for them (Admit).
//
// What a connection costs the program is a guess until the collector has run: what it
// found to be live, shared among all connections, is more than the truth, and counts
// where they are many and it is less than the guess (Open). As it is a guess all the same,
// the limit follows the heap (Collected): where it grows too large, there are too many
// connections.
//
// gVisor's TCP and UDP call it from edits of boot/overlay; kernel/posix/socket sets the
// budget and ends connections. Everything may be called concurrently. It imports
// sync/atomic alone.
package netmem

import "sync/atomic"

const (
	// Connection is what a TCP connection costs without its data: the endpoint,
	// its timers, and its places in tables.
	Connection = 12 << 10
	// Socket is what one costs the program at most from its beginning until the program
	// closes it: the stack of a goroutine, or two, and a buffer for each direction,
	// as net/http has them. leastSocket is a goroutine's first stack.
	Socket      = 20 << 10
	leastSocket = 2 << 10
	// many are so many that no more than half can wait in a listener's queue, which have
	// not cost the program anything yet.
	many = 2 * 4096
	// Floor is what each queue may hold, however short the budget is: a segment or
	// two with what they cost, so that every connection moves on.
	Floor = 8 << 10
	// Datagram is what one costs in a queue besides its bytes.
	Datagram = 1 << 10

	share = 8 // a queue may hold 1/share of what is free

	// Of the limit, a part stays free for those to come, and a part may be taken by
	// connections whose peer has not confirmed that it exists.
	spare    = 4
	halfOpen = 8
	// And the last of it is for connections that were refused before.
	forAgain = 16
	// The limit goes down to a part of the budget, and up again in so many steps.
	least = 8
	steps = 16
)

var (
	budget, limit atomic.Int64
	charged       atomic.Int64 // without what connections cost the program
	sockets       atomic.Int64 // that the program has not closed
	socket        atomic.Int64 // what each of them counts
	shortage      atomic.Pointer[func()]
	program       atomic.Pointer[Heap]
	collections   atomic.Uint32 // when socket was set

	refused, dropped atomic.Uint64
)

// Heap is what is asked of the program's.
type Heap struct {
	// Short tells whether it is near its own limit: then memory is short whatever is in
	// use here.
	Short func() bool
	// Kept is how many bytes the last collection left, with all stacks, and how many
	// collections there were.
	Kept func() (bytes uint64, collections uint32)
}

// SetBudget sets the budget in bytes; 0, as at the start, is none. pressed is called
// when memory is short for a new connection, with locks of the stack held; it must not
// block. heap may be nil.
func SetBudget(bytes int64, pressed func(), heap *Heap) {
	shortage.Store(&pressed)
	program.Store(heap)
	socket.Store(Socket)
	budget.Store(bytes)
	limit.Store(bytes)
}

// Collected has the limit follow the heap, once after each collection: a heap that is
// still short can bear no more than what is in use, another one a little more than
// before. It reports whether the limit is the whole budget.
func Collected() bool {
	b := budget.Load()
	l := min(b, limit.Load()+b/steps)
	if heapShort() {
		l = max(min(limit.Load(), used()), b/least)
	}
	limit.Store(l)
	return l == b
}

// Charge adds n bytes to what is in use; n < 0 gives them back.
func Charge(n int) { charged.Add(int64(n)) }

// Open adds n to the connections that the program has not closed.
func Open(n int) {
	open := sockets.Add(int64(n))
	h := program.Load()
	if h == nil || n <= 0 {
		return
	}
	bytes, seen := h.Kept()
	if collections.Swap(seen) == seen {
		return
	}
	// This is the first since the collection, which saw as many, or nearly.
	cost := int64(Socket)
	if open >= many {
		cost = min(max(int64(bytes)/open-Connection, leastSocket), Socket)
	}
	socket.Store(cost)
}

// used is what is in use.
func used() int64 { return charged.Load() + sockets.Load()*socket.Load() }

// Stats is a snapshot of the budget.
type Stats struct {
	Budget      int64  // bytes
	Limit, Used int64  // bytes; the limit is what the heap leaves of the budget
	Refused     uint64 // ends of handshakes that came in vain
	Dropped     uint64 // packets for which there was no memory
}

// Snapshot returns the figures.
func Snapshot() Stats {
	return Stats{budget.Load(), limit.Load(), used(), refused.Load(), dropped.Load()}
}

// Bound is how many bytes a queue may hold that was configured for size.
func Bound(size int) int {
	l := limit.Load()
	if l == 0 {
		return size
	}
	return min(size, max(int((l-l/spare-used())/share), Floor))
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
// that it exists: pending of them are half open.
func Short(pending int) bool {
	l := limit.Load()
	if l == 0 || int64(pending)*(Connection+Socket) < l/halfOpen && Excess() == 0 && !heapShort() {
		return false
	}
	press()
	return true
}

// Admit reports whether there is room for one more connection: it is asked when the peer
// has confirmed that it exists. The last of the room is for those who come again.
func Admit(again bool) bool {
	l := limit.Load()
	if l == 0 {
		return true
	}
	if Excess() > 0 || heapShort() {
		press()
	}
	if !again {
		l -= l / forAgain
	}
	return used()+Connection+Socket <= l
}

// Refuse counts one that was not admitted. The peer tries again, with its first data.
func Refuse() { refused.Add(1) }

// Excess is how many bytes must be given back until there is room for those to come.
func Excess() int64 {
	l := limit.Load()
	if l == 0 {
		return 0
	}
	return max(0, used()-(l-l/spare))
}

// Spare is the part of that room that is free, from 0 to 1.
func Spare() float64 {
	l := limit.Load()
	if l == 0 {
		return 1
	}
	return min(max(float64(l-used())/float64(l/spare), 0), 1)
}

func heapShort() bool {
	h := program.Load()
	return h != nil && h.Short()
}

func press() {
	if f := shortage.Load(); f != nil {
		(*f)()
	}
}
