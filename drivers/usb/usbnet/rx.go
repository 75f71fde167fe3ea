package usbnet

import (
	"sync/atomic"
	"time"

	"yolk/drivers/usb"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// rxQueue receives. Its transfers end in the order in which they were submitted, so
// that the next one to read is known, and whether it has ended is one flag: what the
// host's goroutine and the queue's share.
type rxQueue struct {
	d    *Device
	f    *function
	cfg  netdev.RxConfig
	work []rxTransfer

	next  int    // the transfer to read
	rest  []byte // what is left of it; empty while it is under way
	stock [batch]*netbuf.Buf
	first int // of stock, those from here to have are empty buffers
	have  int

	arrived  atomic.Uint64 // transfers that have ended, for the keeper
	armed    atomic.Bool   // wake who waits at the next frame
	awake    chan struct{}
	sum      Tally // of a burst; what goes through an interface escapes
	counters netdev.Counters
}

// batch is how many empty buffers are asked for at once.
const batch = 64

// rxTransfer is a transfer that receives.
type rxTransfer struct {
	usb.Transfer
	buffer
	ended atomic.Bool // Release: its bytes are the queue's
}

func newRx(d *Device) *rxQueue { return &rxQueue{d: d, awake: make(chan struct{}, 1)} }

// setUp allocates the queue's transfers.
func (r *rxQueue) setUp(s Sizes, cfg netdev.RxConfig) (err error) {
	r.cfg = cfg
	r.work = make([]rxTransfer, s.Count)
	for i := range r.work {
		t := &r.work[i]
		if t.buffer, err = allocate(r.d.mem, s.Bytes); err != nil {
			return err
		}
		t.Data, t.Addr = t.mem, t.addr
		t.Done = func(*usb.Transfer) {
			failed := t.Err != nil // once it has ended, the transfer may be submitted again
			t.ended.Store(true)
			r.arrived.Add(1)
			if r.armed.Swap(false) || failed {
				r.Wake()
			}
		}
	}
	return nil
}

// begin submits all transfers.
func (r *rxQueue) begin(f *function) error {
	r.f = f
	for i := range r.work {
		t := &r.work[i]
		t.ended.Store(false)
		if err := f.pipes.In.Submit(&t.Transfer); err != nil {
			return err
		}
	}
	return nil
}

// settle waits a moment for every transfer to end, after the chip was told to end
// them: then none has to be taken from a controller in the middle of it.
func (r *rxQueue) settle() {
	for n := 0; n < 50 && r.under(); n++ {
		time.Sleep(time.Millisecond)
	}
}

// under reports whether a transfer is under way.
func (r *rxQueue) under() bool {
	for i := range r.work {
		if !r.work[i].ended.Load() {
			return true
		}
	}
	return false
}

// reset forgets what has been received, with no transfer under way.
func (r *rxQueue) reset() {
	r.next, r.rest = 0, nil
	r.armed.Store(false)
}

// close gives everything back, with no transfer under way.
func (r *rxQueue) close() {
	netbuf.FreeBurst(r.stock[r.first:r.have])
	r.first, r.have = 0, 0
	for i := range r.work {
		r.work[i].free()
	}
	r.work = nil
	r.reset()
}

// Burst implements netdev.RxQueue.
func (r *rxQueue) Burst(bufs []*netbuf.Buf) (n int, status netdev.Status) {
	if r.d.failed.Load() {
		return 0, netdev.Stopped
	}
	sum := &r.sum
	*sum = Tally{}
	set := r.d.set.Load()
	for n < len(bufs) && (len(r.rest) > 0 || r.look()) {
		if r.first == r.have && !r.supply() {
			status = netdev.Underrun
			break
		}
		fresh := r.stock[r.first:min(r.have, r.first+len(bufs)-n)]
		rest, took := r.f.chip.Unpack(set, r.rest, fresh, sum)
		copy(bufs[n:], fresh[:took])
		r.first += took
		n += took
		if r.rest = rest; len(rest) == 0 {
			r.submit()
		}
	}
	if n == len(bufs) {
		status |= netdev.More // perhaps
	}
	if n > 0 {
		r.counters.RxPackets.Add(uint64(n))
		r.counters.RxBytes.Add(uint64(sum.Bytes))
	}
	if sum.Bad > 0 {
		r.counters.RxErrors.Add(uint64(sum.Bad))
	}
	if r.d.failed.Load() {
		status |= netdev.Stopped
	}
	return n, status
}

// look takes the next transfer that has brought something, if one has ended.
func (r *rxQueue) look() bool {
	for !r.d.failed.Load() && r.work[r.next].ended.Load() {
		t := &r.work[r.next]
		if t.Err != nil {
			r.d.stop(t.Err)
			return false
		}
		if r.rest = t.Data[:t.N]; t.N > 0 {
			return true
		}
		r.submit()
	}
	return false
}

// submit gives the transfer that has been read to the device again.
func (r *rxQueue) submit() {
	t := &r.work[r.next]
	r.rest = nil
	if r.next++; r.next == len(r.work) {
		r.next = 0
	}
	t.ended.Store(false)
	if err := r.f.pipes.In.Submit(&t.Transfer); err != nil {
		r.d.stop(err)
	}
}

// supply gets empty buffers, and reports whether there are any.
func (r *rxQueue) supply() bool {
	r.first = 0
	want := min(batch, r.cfg.Size)
	if r.have = r.cfg.Alloc(r.stock[:want]); r.have < want {
		r.counters.RxNoBuffer.Add(1)
	}
	return r.have > 0
}

// EnableInterrupt implements netdev.RxQueue.
func (r *rxQueue) EnableInterrupt() bool {
	r.armed.Store(true) // before the look: who ends a transfer does it the other way round
	return len(r.rest) > 0 || r.work[r.next].ended.Load()
}

// DisableInterrupt implements netdev.RxQueue.
func (r *rxQueue) DisableInterrupt() { r.armed.Store(false) }

// Wait implements netdev.RxQueue.
func (r *rxQueue) Wait() { <-r.awake }

// Wake implements netdev.RxQueue.
func (r *rxQueue) Wake() { signal(r.awake) }

// buffer is memory for a transfer.
type buffer struct {
	mem  []byte
	addr uint64
	from usb.Memory
}

func allocate(m usb.Memory, n int) (b buffer, err error) {
	b.from = m
	b.mem, b.addr, err = m.Alloc(n, usb.Align)
	return b, err
}

func (b *buffer) free() {
	if b.mem != nil {
		b.from.Free(b.mem, b.addr)
	}
	*b = buffer{}
}
