package usbnet

import (
	"sync"

	"yolk/drivers/usb"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// txQueue sends. A transfer is free, open (packets are being added) or under way. The
// lock is taken once for a burst and once for a transfer's end.
type txQueue struct {
	d   *Device
	cfg netdev.TxConfig

	mu      sync.Mutex
	f       *function // nil: nothing moves
	work    []txTransfer
	free    []*txTransfer
	open    *txTransfer
	under   int // how many are under way
	packets int // that are in open or under way

	sum      Tally // of a burst; what goes through an interface escapes
	counters netdev.Counters
}

// txTransfer is a transfer that sends.
type txTransfer struct {
	usb.Transfer
	buffer
	used    int // bytes
	packets int
}

func newTx(d *Device) *txQueue { return &txQueue{d: d} }

// setUp allocates the queue's transfers.
func (t *txQueue) setUp(s Sizes, cfg netdev.TxConfig) (err error) {
	t.cfg = cfg
	t.work = make([]txTransfer, s.Count)
	t.free = make([]*txTransfer, 0, s.Count)
	for i := range t.work {
		x := &t.work[i]
		if x.buffer, err = allocate(t.d.mem, s.Bytes); err != nil {
			return err
		}
		x.Addr, x.Timeout, x.ZeroPacket = x.addr, patience, true
		x.Done = func(*usb.Transfer) { t.done(x) }
		t.free = append(t.free, x)
	}
	return nil
}

// begin lets transfers go to f.
func (t *txQueue) begin(f *function) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.f = f
}

// pause ends submitting: what is under way can then be cancelled.
func (t *txQueue) pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.f = nil
}

// reset drops what has not been sent, with no transfer under way.
func (t *txQueue) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.f, t.open, t.under, t.packets = nil, nil, 0, 0
	t.free = t.free[:0]
	for i := range t.work {
		t.work[i].used, t.work[i].packets = 0, 0
		t.free = append(t.free, &t.work[i])
	}
}

// close gives everything back, with no transfer under way.
func (t *txQueue) close() {
	t.reset()
	for i := range t.work {
		t.work[i].buffer.free()
	}
	t.work, t.free = nil, nil
}

// Burst implements netdev.TxQueue. The packets are copied, so that their buffers are
// free when it returns.
func (t *txQueue) Burst(bufs []*netbuf.Buf) (n int, status netdev.Status) {
	if t.d.failed.Load() {
		return 0, netdev.Stopped
	}
	sum := &t.sum
	*sum = Tally{}
	set := t.d.set.Load()
	t.mu.Lock()
	for t.f != nil && n < len(bufs) {
		room := t.cfg.Size - t.packets
		if room <= 0 || !t.opened() {
			break
		}
		before := sum.Packets
		x := t.open
		end, took := t.f.chip.Pack(set, x.mem, x.used, bufs[n:min(len(bufs), n+room)], sum)
		x.used, n = end, n+took
		x.packets += sum.Packets - before
		t.packets += sum.Packets - before
		if took == 0 {
			t.submit()
		}
	}
	t.push()
	if t.packets < t.cfg.Size && (t.open != nil || len(t.free) > 0) && n == len(bufs) {
		status = netdev.More
	}
	t.mu.Unlock()
	netbuf.FreeBurst(bufs[:n])
	t.count(sum, n < len(bufs))
	if t.d.failed.Load() {
		status |= netdev.Stopped
	}
	return n, status
}

func (t *txQueue) count(sum *Tally, full bool) {
	if full {
		t.counters.TxFull.Add(1)
	}
	if sum.Packets > 0 {
		t.counters.TxPackets.Add(uint64(sum.Packets))
		t.counters.TxBytes.Add(uint64(sum.Bytes))
	}
	if sum.Bad > 0 {
		t.counters.TxErrors.Add(uint64(sum.Bad))
	}
}

// opened reports whether there is a transfer to add packets to, a free one if none is
// open. mu is held, as in all that follows.
func (t *txQueue) opened() bool {
	if t.open == nil && len(t.free) > 0 {
		last := len(t.free) - 1
		t.open, t.free = t.free[last], t.free[:last]
	}
	return t.open != nil
}

// push submits the open transfer unless one is under way: packets gather meanwhile. The
// wire does not stand still for that, because the chip has some of the last transfer in
// its FIFO when that has ended.
func (t *txQueue) push() {
	if t.f != nil && t.open != nil && t.open.used > 0 && t.under == 0 {
		t.submit()
	}
}

// submit gives the open transfer to the device.
func (t *txQueue) submit() {
	x := t.open
	t.open = nil
	t.under++
	x.Data = x.mem[:x.used]
	t.counters.Kicks.Add(1)
	if err := t.f.pipes.Out.Submit(&x.Transfer); err != nil {
		t.recycle(x)
		t.d.stop(err)
	}
}

// recycle makes a transfer that has ended free.
func (t *txQueue) recycle(x *txTransfer) {
	t.under--
	t.packets -= x.packets
	x.used, x.packets = 0, 0
	t.free = append(t.free, x)
}

// done is the host's word that a transfer has ended.
func (t *txQueue) done(x *txTransfer) {
	err := x.Err // once it is free, the transfer may be submitted again
	t.mu.Lock()
	t.recycle(x)
	if err == nil {
		t.push()
	}
	t.mu.Unlock()
	if err != nil {
		t.d.stop(err)
	}
}

// Pending implements netdev.TxQueue.
func (t *txQueue) Pending() (int, netdev.Status) {
	if t.d.failed.Load() {
		return 0, netdev.Stopped
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.packets, netdev.More
}
