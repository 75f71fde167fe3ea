package netbuf

import (
	"fmt"
	"sync"
)

// Region is Memory that is given back all at once: a stretch of some other
// Memory, used from its start up. Buffers of one experiment, or of one
// connection, live and die together in it. Safe for concurrent use.
type Region struct {
	from Memory
	mem  []byte
	addr uint64

	mu   sync.Mutex
	used int
}

// NewRegion takes size bytes from mem. Errors are mem's.
func NewRegion(mem Memory, size int) (*Region, error) {
	m, addr, err := mem.Alloc(size, maxAlign)
	if err != nil {
		return nil, fmt.Errorf("region of %d bytes: %w", size, err)
	}
	return &Region{from: mem, mem: m, addr: addr}, nil
}

// Alloc implements Memory. The bytes are zeroed, also after a Reset.
func (r *Region) Alloc(n, align int) ([]byte, uint64, error) {
	if n <= 0 || align <= 0 || align > maxAlign || align&(align-1) != 0 {
		return nil, 0, fmt.Errorf("%w: %d bytes aligned to %d", ErrSize, n, align)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := (r.used + align - 1) &^ (align - 1)
	if n > len(r.mem)-at {
		return nil, 0, fmt.Errorf("%w: %d bytes wanted, %d of the region's %d left", ErrNoMemory, n, len(r.mem)-r.used, len(r.mem))
	}
	r.used = at + n
	m := r.mem[at:r.used:r.used]
	clear(m)
	addr := r.addr
	if addr != 0 {
		addr += uint64(at)
	}
	return m, addr, nil
}

// Free implements Memory; only Reset and Close give memory back.
func (r *Region) Free([]byte, uint64) {}

// Reset takes everything back. Nothing from before may be in use any more.
func (r *Region) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used = 0
}

// Used is how many bytes are handed out, gaps for alignment included.
func (r *Region) Used() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used
}

// Close returns the region's own memory. Nothing of it may be in use any more.
func (r *Region) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mem != nil {
		r.from.Free(r.mem, r.addr)
	}
	r.mem, r.used = nil, 0
}
