package file

import (
	"sync"
	"syscall"
)

// ConsoleWrite takes output of descriptors 1 and 2 and of /dev/console and
// returns the bytes it took; 0 is an I/O error. The default traps to the
// kernel. ConsoleRead fills p with input that has arrived and returns 0 when
// there is none yet and -1 at the end of input; nil is no input at all. Both
// are set before the first use and do not block.
var (
	ConsoleWrite = consoleTrap
	ConsoleRead  func(p []byte) int
)

// ConsoleReady says that ConsoleRead has input. Any goroutine may call it.
func ConsoleReady() { console.Post(ModeRead) }

// A consoleFile is the console, as standard input, output and error share it.
type consoleFile struct {
	Pollable

	mu    sync.Mutex
	ahead []byte // input that Poll found: the tail of buf
	end   bool   // Poll found the end of input
	buf   [64]byte
}

var console consoleFile

func (c *consoleFile) Read(p []byte) (int, syscall.Errno) {
	if ConsoleRead == nil || len(p) == 0 {
		return 0, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		return n, 0
	}
	if c.end {
		return 0, 0
	}
	switch n := ConsoleRead(p); {
	case n > 0:
		return n, 0
	case n < 0:
		c.end = true
		return 0, 0
	}
	return 0, syscall.EAGAIN
}

// Poll looks for input by reading ahead.
func (c *consoleFile) Poll() uint32 {
	if ConsoleRead == nil {
		return PollIn | PollOut
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ahead) == 0 && !c.end {
		n := ConsoleRead(c.buf[:])
		c.end = n < 0
		c.ahead = c.buf[:max(n, 0)]
	}
	if len(c.ahead) > 0 || c.end {
		return PollIn | PollOut
	}
	return PollOut
}

func (c *consoleFile) Write(p []byte) (int, syscall.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	if n := ConsoleWrite(p); n > 0 {
		return n, 0
	}
	return 0, syscall.EIO
}

func (c *consoleFile) Stat(st *syscall.Stat_t) syscall.Errno {
	i, e := Tree().Lookup(Tree().Root(), "dev/console", false)
	if e == 0 {
		i.Stat(st)
	}
	return e
}

func (c *consoleFile) Close() syscall.Errno { return 0 }
