package socket

import (
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/log"
)

// stackLog takes the stack's own warnings to the log of this machine instead
// of standard error. A peer can cause some of them, so one a second passes and
// the others are counted.
type stackLog struct {
	logf    func(format string, args ...any)
	next    atomic.Int64 // unix time in nanoseconds from which the next one passes
	dropped atomic.Int64
}

// Emit implements log.Emitter.
func (l *stackLog) Emit(_ int, _ log.Level, now time.Time, format string, args ...any) {
	next := l.next.Load()
	if now.UnixNano() < next || !l.next.CompareAndSwap(next, now.Add(time.Second).UnixNano()) {
		l.dropped.Add(1)
		return
	}
	l.logf("stack: "+format, args...)
	if n := l.dropped.Swap(0); n > 0 {
		l.logf("stack: %d more messages were dropped", n)
	}
}

// catchStackLog diverts the stack's log. It is global to the program.
func catchStackLog(logf func(format string, args ...any)) {
	log.SetLevel(log.Warning)
	log.SetTarget(&stackLog{logf: logf})
}
