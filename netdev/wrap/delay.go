package wrap

import (
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Delay holds a part, 0 to 1, of the packets received for between least and most
// after the first look at them, chosen by a random number generator as those of Loss
// are. They keep their order; the others pass them, so that packets are reordered
// where part is less than 1. To delay both ways put one at each end. A receive queue
// needs 64 buffers more than without; all that it has beyond its size may be held.
func Delay(seed uint64, part float64, least, most time.Duration) func(netdev.Driver) netdev.Driver {
	return func(d netdev.Driver) netdev.Driver {
		return newHolder(d, 1, func(n int) dice { return newDice(seed, n, forDelay, part) },
			func(q *holdRx, b *netbuf.Buf, now int64) {
				if q.dice.hit() {
					q.latest = max(q.latest, now+int64(least)+q.dice.r.Int64N(int64(most-least)+1))
					now = q.latest
				}
				q.hold(b, now)
			})
	}
}

// Duplicate has a part, 0 to 1, of the packets received arrive twice, chosen by a
// random number generator as those of Loss are. The second is a copy in the
// queue's own buffers; with too few of them there is none.
func Duplicate(seed uint64, part float64) func(netdev.Driver) netdev.Driver {
	return func(d netdev.Driver) netdev.Driver {
		return newHolder(d, 2, func(n int) dice { return newDice(seed, n, forCopies, part) },
			func(q *holdRx, b *netbuf.Buf, now int64) {
				q.hold(b, now)
				if !q.dice.hit() {
					return
				}
				if c := q.again(b); c != nil {
					q.hold(c, now)
				}
			})
	}
}

// again copies a packet; nil when there are too few buffers, or a part does not
// fit in one.
func (q *holdRx) again(b *netbuf.Buf) (first *netbuf.Buf) {
	var last *netbuf.Buf
	for p := b; p != nil; p = p.Next() {
		if q.cfg.Alloc(q.fresh[:]) == 0 {
			first.Free()
			return nil
		}
		c := q.fresh[0]
		if first == nil {
			first = c
		} else {
			last.SetNext(c)
		}
		last = c
		to := c.Append(p.Len())
		if to == nil {
			first.Free()
			return nil
		}
		copy(to, p.Bytes())
	}
	first.Offload = b.Offload
	return first
}
