package usb

import "time"

// A Transfer moves the bytes of one buffer through a pipe. It is the caller's, to be
// submitted again and again; from Submit until Done is called, it and the buffer are
// the pipe's.
type Transfer struct {
	// Data is what is sent, or filled. It comes from the device's Memory or any other
	// that the controller reaches, at physical address Addr. See [Align]; the length of
	// one that is filled is a multiple of the endpoint's packet size, at most
	// [MaxTransfer].
	Data []byte
	Addr uint64
	// Timeout ends the transfer with ErrTimeout, counted from when those before it on
	// the pipe have ended. 0 waits for ever, as is usual for what devices send when
	// they like.
	Timeout time.Duration
	// ZeroPacket ends what is sent with an empty packet if it fills its last packet, so
	// that the device sees where it ends (USB 2.0 5.8.3).
	ZeroPacket bool
	// Done is called when the transfer has ended, by the Host's goroutine, which does
	// the same for all pipes: it must not block, and may submit. It is set once.
	Done func(*Transfer)

	// N is how many bytes were moved. A device ends a transfer with a packet that is
	// not full; that is no error.
	N int
	// Err is nil or how the transfer failed, one of this package's errors itself.
	Err error

	pipe   *Pipe
	next   *Transfer     // in the pipe's queue, or in the host's of those that have ended
	state  transferState // under the host's lock, as next is
	reason error         // why it is being stopped
	wait   chan struct{} // of Pipe.Do

	setup     []byte // of a control transfer
	setupAddr uint64
}

// MaxTransfer is the longest transfer, in bytes.
const MaxTransfer = 64 << 10

type transferState uint8

const (
	idle   transferState = iota // the caller's
	queued                      // in the pipe's queue
	active                      // the first in the queue, which the controller works on
	ended                       // Done will be called
)

// Cancel ends the transfer with ErrCanceled if it is under way. It does not wait: Done
// will be called.
func (t *Transfer) Cancel() {
	p := t.pipe
	if p == nil {
		return // never submitted
	}
	h := p.dev.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.state == queued || t.state == active {
		p.stop(t, ErrCanceled)
	}
}

// The rest is for controllers, under the Host's lock.

// Pipe returns the pipe that the transfer was submitted to.
func (t *Transfer) Pipe() *Pipe { return t.pipe }

// Setup returns the packet that begins a control transfer and its physical address;
// nil for another's.
func (t *Transfer) Setup() (packet []byte, addr uint64) { return t.setup, t.setupAddr }

// In reports whether data goes to the host.
func (t *Transfer) In() bool {
	if t.setup != nil {
		return t.setup[0]&DirIn != 0
	}
	return t.pipe.ep.In()
}

// End says that the transfer has ended with n bytes moved. The next on the pipe, if
// any, is begun before it returns. err is nil or one of ErrStall, ErrBabble,
// ErrTransaction, ErrController and, after Stop, ErrCanceled.
func (t *Transfer) End(n int, err error) {
	p := t.pipe
	switch {
	case n < 0 || n > len(t.Data):
		n, err = 0, ErrBabble
	case err != nil && t.reason != nil:
		err = t.reason
	}
	p.queue.remove(t)
	p.finish(t, n, err)
	if err != nil && err != t.reason && p.ep.Type != Control {
		p.halt(err)
	}
	p.begin()
}
