package ninetest

import (
	"errors"
	"sync"
	"sync/atomic"

	"yolk/kernel/posix/ninep"
)

// A Channel leads to a server: an implementation of ninep.Channel.
type Channel struct {
	// Serve answers a request; Server.Serve, or what lies.
	Serve func(request []byte) []byte
	// Claim, if set, says how long an answer of so many bytes is said to be.
	Claim func(n int) int
	// Data is the most bytes that a slot has for data, 0 for 64 KiB.
	Data int
	// Broken has every request fail.
	Broken atomic.Bool

	mu   sync.Mutex
	free []*ninep.Slot
	last uint16
}

var errBroken = errors.New("ninetest: broken")

// Acquire implements ninep.Channel.
func (c *Channel) Acquire(data int) (*ninep.Slot, error) {
	if c.Broken.Load() {
		return nil, errBroken
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.free); n > 0 {
		s := c.free[n-1]
		c.free = c.free[:n-1]
		return s, nil
	}
	if c.Data == 0 {
		c.Data = 64 << 10
	}
	c.last++
	return &ninep.Slot{Tag: c.last, Out: make([]byte, ninep.SmallSize), In: make([]byte, ninep.SmallSize), Data: make([]byte, c.Data)}, nil
}

// Exchange implements ninep.Channel.
func (c *Channel) Exchange(s *ninep.Slot, n, w, r int) (int, error) {
	if c.Broken.Load() {
		return 0, errBroken
	}
	answer := c.Serve(append(append([]byte(nil), s.Out[:n]...), s.Data[:w]...))
	head := len(s.In)
	if r > 0 {
		head = ninep.HeadSize
	}
	copied := copy(s.In[:head], answer)
	copied += copy(s.Data[:r], answer[copied:])
	if c.Claim != nil {
		return c.Claim(copied), nil
	}
	return copied, nil
}

// Post implements ninep.Channel.
func (c *Channel) Post(s *ninep.Slot, n int) {
	if !c.Broken.Load() {
		c.Serve(append([]byte(nil), s.Out[:n]...))
	}
	c.Release(s)
}

// Release implements ninep.Channel.
func (c *Channel) Release(s *ninep.Slot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, s)
}
