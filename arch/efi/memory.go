package efi

import "unsafe"

// memoryMap is what firmware says of memory, one descriptor after the other.
type memoryMap struct{ at, end, each, key uintptr }

// next returns the next descriptor, or nil.
func (m *memoryMap) next() *descriptor {
	if m.at+m.each > m.end || m.at == m.end {
		return nil
	}
	d := (*descriptor)(unsafe.Pointer(m.at))
	m.at += m.each
	return d
}

// end is the first address after the range.
func (d *descriptor) end() uint64 { return d.start + d.pages*pageSize }

// ram is what of memory is free once the firmware's services have ended: ascending, and
// no two ranges adjacent.
type ram struct {
	n int
	r [64]struct{ start, end uint64 }
}

// add adds [start, end). What there is no room for is left out.
func (m *ram) add(start, end uint64) {
	i := min(m.n, len(m.r))
	for i > 0 && m.r[i-1].start > start {
		i--
	}
	below, above := i > 0 && m.r[i-1].end == start, i < m.n && i < len(m.r) && m.r[i].start == end
	switch {
	case below && above:
		m.r[i-1].end = m.r[i].end
		m.n--
		for ; i < m.n; i++ {
			m.r[i] = m.r[i+1]
		}
	case below:
		m.r[i-1].end = end
	case above:
		m.r[i].start = start
	case m.n < len(m.r):
		for j := m.n; j > i; j-- {
			m.r[j] = m.r[j-1]
		}
		m.r[i].start, m.r[i].end = start, end
		m.n++
	}
}

// holds tells whether all of [start, end) is there.
func (m *ram) holds(start, end uint64) bool {
	for i := range m.n {
		if m.r[i].start <= start && m.r[i].end >= end {
			return true
		}
	}
	return false
}

// take makes m what the map says, with what the image may have besides.
func (m *ram) take(all *memoryMap, home *image) {
	m.n = 0
	for d := all.next(); d != nil; d = all.next() {
		from, to := d.start, d.end()
		if free := d.kind >= loaderCode && d.kind <= servicesData || d.kind == conventional; !free {
			from, to = home.takes(d)
		}
		if from < to {
			m.add(from, to)
		}
	}
}
