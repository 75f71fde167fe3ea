package netbuf

// Lend makes a packet, or a part of one, of the caller's memory: the bytes of b, in as few
// buffers as there are pieces of it that lie side by side for a device. pages are what a
// [Locator] told of b. The headers come from p, a pool of size 0, whose owner calls this;
// it returns nil when p has too few. The memory must stay as it is until done is called by
// the last owner's Free, with the first of the buffers.
func (p *Pool) Lend(b []byte, pages []uint64, done func(*Buf)) *Buf {
	if p.size != 0 {
		panic("netbuf: Lend needs a pool of size 0")
	}
	var first, last *Buf
	offset := uint64(sliceAddr(b)) % maxAlign
	for len(b) > 0 {
		run := 1
		for run < len(pages) && pages[run] == pages[run-1]+maxAlign {
			run++
		}
		n := min(uint64(len(b)), uint64(run)*maxAlign-offset)
		d := p.Get()
		if d == nil {
			first.Free()
			return nil
		}
		d.mem, d.addr = b[:n:n], pages[0]+offset
		d.start, d.end, d.special = 0, int32(n), true
		if first == nil {
			first = d
		} else {
			last.next = d
		}
		last = d
		b, pages, offset = b[n:], pages[run:], 0
	}
	first.onFree = done
	return first
}
