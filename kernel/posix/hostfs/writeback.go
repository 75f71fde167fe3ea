package hostfs

import (
	"syscall"
	"time"

	"yolk/kernel/posix/ninep"
)

// interval is how often what mappings have written is handed on.
const interval = time.Second

// handOn writes what mappings have written to the server. Needs n.mu.
func (n *node) handOn() syscall.Errno {
	if n.frames == nil {
		return 0
	}
	e := n.lost
	n.lost = 0
	for at := int64(0); ; {
		first, count, _ := n.frames.Clean(at, 1<<40)
		if count == 0 {
			return e
		}
		if failed := n.store(first, count); failed != 0 {
			e = failed
		}
		at = first + count
	}
}

// store writes pages of the frames to the server.
func (n *node) store(first, count int64) syscall.Errno {
	buf := make([]byte, min(int64(n.m.c.Most()&^(pageSize-1)), count*pageSize))
	end := min((first+count)*pageSize, n.size)
	for off := first * pageSize; off < end; {
		k := int64(0)
		for ; k < int64(len(buf)) && off+k < end; k += pageSize {
			copy(buf[k:], n.frames.Page((off+k)/pageSize))
		}
		k = min(k, end-off)
		for done := int64(0); done < k; {
			got, e := n.m.c.Write(n.writer, buf[done:k], off+done)
			if e != 0 {
				return e
			}
			done += int64(got)
		}
		off += k
	}
	return 0
}

// watch has n looked after as long as it is mapped.
func (m *Mount) watch(n *node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.maps = append(m.maps, n); !m.tended {
		m.tended = true
		go m.tend()
	}
}

// tend hands on what mappings write, and lets files go that none shows any more, until
// there are no others.
func (m *Mount) tend() {
	for more := true; more; {
		time.Sleep(interval)
		for _, n := range m.mappings() {
			if n.tend() {
				m.drop(n)
				n.Release()
			}
		}
		m.mu.Lock()
		more = len(m.maps) > 0
		m.tended = more
		m.mu.Unlock()
	}
}

// tend hands on what mappings have written, and gives the frames up if there are none:
// who is about to make one has pinned them.
func (n *node) tend() (ended bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, _, shown := n.frames.Clean(0, 0)
	if e := n.handOn(); e != 0 {
		n.lost = e // for who asks next
	}
	if shown || n.pins > 0 {
		return false
	}
	n.mapped.Store(false)
	n.frames.Free()
	n.frames = nil
	return true
}

// mappings are the files that are mapped.
func (m *Mount) mappings() []*node {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*node(nil), m.maps...)
}

// drop has n no longer looked after.
func (m *Mount) drop(n *node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, other := range m.maps {
		if other == n {
			m.maps = append(m.maps[:i], m.maps[i+1:]...)
			return
		}
	}
}

// flush hands on what mappings of all files have written.
func (m *Mount) flush(durable bool) (e syscall.Errno) {
	for _, n := range m.mappings() {
		n.mu.Lock()
		failed := n.handOn()
		if failed == 0 && durable && n.writer != ninep.NoFid {
			failed = n.m.c.Fsync(n.writer, false)
		}
		n.mu.Unlock()
		if failed != 0 {
			e = failed
		}
	}
	return e
}
