package virtio

// Indirect descriptors (2.7.5.3, 2.8.7): a chain's segments in a table of their
// own, so that it takes one descriptor of the ring. The device then maps one
// more piece of memory, so it pays for chains that would eat up the ring, not
// for two or three segments.
const (
	// IndirectMost is the longest chain that a table holds: a 64 KiB packet
	// in 2 KiB buffers, with room for odd pieces.
	IndirectMost  = 64
	indirectLeast = 5
	tableBytes    = IndirectMost * 16
)

// tables are the indirect tables of a ring, a stack of free ones.
type tables struct {
	mem  []byte
	addr uint64
	free []uint16
}

// open divides mem into n tables.
func (t *tables) open(n int, mem []byte, addr uint64) {
	t.mem, t.addr = mem, addr
	for i := range n {
		t.free = append(t.free, uint16(i))
	}
}

// wanted reports whether a chain of n segments should go into a table.
func (t *tables) wanted(n int) bool {
	return n >= indirectLeast && n <= IndirectMost && len(t.free) > 0
}

// take takes a free table; the caller asked wanted.
func (t *tables) take() uint16 {
	last := len(t.free) - 1
	n := t.free[last]
	t.free = t.free[:last]
	return n
}

// give makes a table free.
func (t *tables) give(n uint16) { t.free = append(t.free, n) }

// segment is the descriptor that refers to table n with count entries.
func (t *tables) segment(n uint16, count int) Segment {
	return Segment{t.addr + uint64(n)*tableBytes, uint64(count)*16 | descIndirect<<32}
}
