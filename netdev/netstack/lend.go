package netstack

import (
	"encoding/binary"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"

	"yolk/netdev/netbuf"
)

// What a program writes is copied into the stack's memory, and of a large segment a device
// reads it there: to copy it once more, into transmit buffers, was a sixth of what such a
// segment costs. Each view that is lent so is held until the device has read it; the stack
// may have forgotten it before, since the other side may acknowledge what is sent again.

const (
	// lendFrom is how long a packet is of which data is lent, and leastLent how long a
	// view is: less is copied for what it costs to lend it, and fits into a buffer.
	lendFrom  = 8 << 10
	leastLent = segment
	// mostLent is how much a device may be behind before packets are copied again.
	mostLent = 1 << 20
	// lentParts is how many pieces of memory there are, of all packets.
	lentParts = 256
)

// lender lends views to a device; with the transmitter's lock, but for giveBack.
type lender struct {
	locator netbuf.Locator // nil: nothing is lent
	parts   *netbuf.Pool   // of size 0; each knows its number
	views   [lentParts]*buffer.View
	pages   [netbuf.LocatePages]uint64
	longest int // parts of a packet
	done    func(*netbuf.Buf)
	out     atomic.Int64 // bytes that the device has, or may have
}

// init makes parts for packets of no more than longest of them, if memory knows where others'
// memory lies.
func (l *lender) init(memory netbuf.Memory, longest int) (err error) {
	l.locator, _ = memory.(netbuf.Locator)
	if l.locator == nil {
		return nil
	}
	if l.parts, err = netbuf.NewPool(nil, lentParts, 0, 0); err != nil {
		return err
	}
	l.parts.SetPrivate(2)
	var all [lentParts]*netbuf.Buf
	l.parts.GetBurst(all[:])
	for i, b := range all {
		binary.LittleEndian.PutUint16(b.Private(), uint16(i))
	}
	netbuf.FreeBurst(all[:])
	l.longest = longest
	l.done = l.giveBack
	return nil
}

// lend returns length bytes of views after the first few as a chain in which the long views
// are lent, or nil: all is to be copied.
func (t *transmitter) lend(views buffer.ViewList, skip, length int) *netbuf.Buf {
	l := &t.lender
	if l.locator == nil || length < lendFrom {
		return nil
	}
	if l.out.Load() > mostLent {
		t.dev.TxPending(t.queue)
		if l.out.Load() > mostLent {
			return nil
		}
	}
	var first, last *netbuf.Buf
	parts := 0
	for v := views.Front(); v != nil; v = v.Next() {
		data := v.AsSlice()
		data, skip = data[min(skip, len(data)):], max(skip-len(data), 0)
		if len(data) < leastLent && last != nil && last.Tailroom() >= len(data) {
			copy(last.Append(len(data)), data)
			continue
		}
		b := t.part(v, data)
		if b == nil {
			first.Free()
			return nil
		}
		if first == nil {
			first = b
		} else {
			last.SetNext(b)
		}
		for last = b; last.Next() != nil; last = last.Next() {
			parts++
		}
		if parts++; parts > l.longest {
			first.Free()
			return nil
		}
	}
	return first
}

// part returns data, of a view, lent or copied; nil if there is nothing to do so with.
func (t *transmitter) part(v *buffer.View, data []byte) *netbuf.Buf {
	if len(data) >= leastLent {
		return t.lender.lend(v, data)
	}
	parts := t.take(1)
	if parts == nil {
		return nil
	}
	copy(parts[0].Append(len(data)), data)
	return parts[0]
}

// lend holds a view of which data is lent.
func (l *lender) lend(v *buffer.View, data []byte) *netbuf.Buf {
	n := l.locator.Locate(data, l.pages[:])
	if n == 0 {
		return nil
	}
	b := l.parts.Lend(data, l.pages[:n], l.done)
	if b != nil {
		l.out.Add(int64(v.Capacity()))
		l.views[binary.LittleEndian.Uint16(b.Private())] = v.Clone()
	}
	return b
}

// giveBack is called when the device has read a view. Any goroutine may do so.
func (l *lender) giveBack(b *netbuf.Buf) {
	at := &l.views[binary.LittleEndian.Uint16(b.Private())]
	v := *at
	*at = nil
	l.out.Add(-int64(v.Capacity()))
	v.Release()
}

// settle takes back what the device has read of what is lent to it: the acknowledgement of
// that has come.
func (t *transmitter) settle() {
	if t.lender.out.Load() == 0 {
		return
	}
	t.mu.Lock()
	t.dev.TxPending(t.queue)
	t.mu.Unlock()
}
