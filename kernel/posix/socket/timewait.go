package socket

import (
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/kernel/posix/netmem"
)

// A closed connection that this side ended first stays in TIME-WAIT (RFC 9293
// 3.3.2), 60 s as in Linux. Each takes about 8 KiB in this stack, so a server
// that closes a thousand connections a second would need half a gigabyte for
// them. Linux bounds their number (tcp_max_tw_buckets); the stack has no such
// bound, but the time can be changed: it follows from the rate of closing, so
// that they take a quarter of the stack's budget and others need not be ended.
const (
	timeWaitShare = 4  // of the budget, 1/n
	timeWaitBatch = 64 // closes between adjustments
	maxTimeWait   = 60 * time.Second
	minTimeWait   = 200 * time.Millisecond
)

// timeWait measures how fast connections are closed.
type timeWait struct {
	closes atomic.Uint64

	mu   sync.Mutex // guards last, and the order of adjustments
	last time.Time  // of the last adjustment
}

// timeWaitFor is the time for which limit connections are in TIME-WAIT when
// timeWaitBatch of them enter it in each dt.
func timeWaitFor(dt time.Duration, limit int) time.Duration {
	if dt >= maxTimeWait {
		return maxTimeWait
	}
	return min(max(dt*time.Duration(limit)/timeWaitBatch, minTimeWait), maxTimeWait)
}

// countClose notes that a connection is being closed.
func (s *Stack) countClose() {
	w := &s.timeWait
	if w.closes.Add(1)%timeWaitBatch != 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	limit := max(int(netmem.Snapshot().Limit/timeWaitShare/netmem.Connection), timeWaitBatch)
	o := tcpip.TCPTimeWaitTimeoutOption(timeWaitFor(now.Sub(w.last), limit))
	w.last = now
	if err := s.net.SetTransportProtocolOption(tcp.ProtocolNumber, &o); err != nil {
		s.opt.Logf("TIME-WAIT %v: %s", time.Duration(o), err)
	}
}
