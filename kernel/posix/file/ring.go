package file

// A ring is a byte queue whose memory grows with its content, up to what its
// user allows. The zero value is empty.
type ring struct {
	buf  []byte // len is a power of two, or zero
	head int    // of the oldest byte
	n    int
}

const ringMin = 512

// put appends p; the user has checked that it is allowed.
func (r *ring) put(p []byte) {
	if r.n+len(p) > len(r.buf) {
		size := max(2*len(r.buf), ringMin)
		for size < r.n+len(p) {
			size *= 2
		}
		buf := make([]byte, size)
		r.peek(buf[:r.n])
		r.buf, r.head = buf, 0
	}
	at := (r.head + r.n) & (len(r.buf) - 1)
	copy(r.buf, p[copy(r.buf[at:], p):])
	r.n += len(p)
}

// peek copies the oldest bytes to p and returns how many.
func (r *ring) peek(p []byte) int {
	p = p[:min(len(p), r.n)]
	copy(p[copy(p, r.buf[r.head:]):], r.buf)
	return len(p)
}

// take is peek that also removes them. An empty ring that has grown gives its
// memory back.
func (r *ring) take(p []byte) int {
	n := r.peek(p)
	r.n -= n
	if r.n == 0 {
		r.head = 0
		if len(r.buf) > 8*ringMin {
			r.buf = nil
		}
		return n
	}
	r.head = (r.head + n) & (len(r.buf) - 1)
	return n
}
