package fdt

// A Range is a stretch of an address space, in bytes. Its end does not overflow.
type Range struct {
	Addr, Size uint64
}

// Reg returns the i-th address of a node's device in its parent's terms
// ("reg", Devicetree Specification 2.3.6). Size is 0 where the parent's
// children have none, as CPUs. Of addresses of three cells, as on PCI, it is
// the lower two.
func (t *Tree) Reg(n Node, i int) (Range, bool) {
	p := t.path(n)
	a, size, ok := t.reg(&p, i)
	return Range{a.lo, size}, ok
}

// Address returns the i-th address of a node's device as the processor sees it:
// Reg, carried up through the "ranges" of all buses above (2.3.8). A bus that
// has none of its own, or none that holds all of the device, cannot be reached.
func (t *Tree) Address(n Node, i int) (Range, bool) {
	p := t.path(n)
	a, size, ok := t.reg(&p, i)
	if !ok {
		return Range{}, false
	}
	return t.translate(&p, p.n-2, a, size)
}

// A Window is one entry of a bus's "ranges": where the processor sees addresses
// of the bus.
type Window struct {
	Space uint32 // of PCI: phys.hi, whose bits 25:24 tell I/O (1), memory (2), 64-bit memory (3)
	Bus   uint64 // first address on the bus
	Range        // what the processor sees
}

// Window returns the i-th entry of a bus's "ranges".
func (t *Tree) Window(bus Node, i int) (Window, bool) {
	p := t.path(bus)
	c, ok := t.busCells(&p, p.n-1)
	ranges, has := t.Prop(bus, "ranges")
	if !ok || !has || i < 0 || i >= len(ranges)/c.entry() {
		return Window{}, false
	}
	w, ok := c.read(ranges[i*c.entry():])
	if !ok {
		return Window{}, false
	}
	r, ok := t.translate(&p, p.n-2, w.parent, w.size)
	return Window{Space: w.child.hi, Bus: w.child.lo, Range: r}, ok
}

// An address is one of up to three cells; hi is the first of three.
type address struct {
	hi uint32
	lo uint64
}

// maxCells is the most cells of an address: PCI's three.
const maxCells = 3

// takeAddress reads an address of up to three cells.
func takeAddress(b []byte, cells int) address {
	var a address
	if cells == maxCells {
		a.hi = be32(b, 0)
		b, cells = b[4:], cells-1
	}
	a.lo = takeNumber(b, cells)
	return a
}

// takeNumber reads a number of up to two cells.
func takeNumber(b []byte, cells int) uint64 {
	switch cells {
	case 1:
		return uint64(be32(b, 0))
	case 2:
		return be64(b, 0)
	}
	return 0
}

// cells returns the number of cells of addresses and sizes that the children of
// a node have. The defaults are the specification's (2.3.5).
func (t *Tree) cells(n Node) (addr, size int, ok bool) {
	addr, size = 2, 1
	if v, has := t.U32(n, "#address-cells"); has {
		addr = int(min(v, maxCells+1))
	}
	if v, has := t.U32(n, "#size-cells"); has {
		size = int(min(v, 3))
	}
	return addr, size, addr <= maxCells && size <= 2
}

// reg reads the i-th entry of "reg" of the last node of a path.
func (t *Tree) reg(p *path, i int) (a address, size uint64, ok bool) {
	if p.n < 2 || i < 0 {
		return a, 0, false
	}
	addr, sz, ok := t.cells(p.nodes[p.n-2])
	v, has := t.Prop(p.nodes[p.n-1], "reg")
	entry := (addr + sz) * 4
	if !ok || !has || addr == 0 || i >= len(v)/entry {
		return a, 0, false
	}
	v = v[i*entry:]
	a, size = takeAddress(v, addr), takeNumber(v[addr*4:], sz)
	return a, size, a.lo+size >= a.lo
}

// translate carries an address among the children of the node at level bus up
// to the root.
func (t *Tree) translate(p *path, bus int, a address, size uint64) (Range, bool) {
	for ; bus > 0; bus-- {
		var ok bool
		if a, ok = t.up(p, bus, a, size); !ok {
			return Range{}, false
		}
	}
	return Range{a.lo, size}, a.lo+size >= a.lo
}

// up carries an address through the "ranges" of one bus.
func (t *Tree) up(p *path, bus int, a address, size uint64) (address, bool) {
	ranges, ok := t.Prop(p.nodes[bus], "ranges")
	if !ok {
		return address{}, false
	}
	if len(ranges) == 0 {
		return a, true
	}
	c, ok := t.busCells(p, bus)
	if !ok {
		return address{}, false
	}
	for ; len(ranges) >= c.entry(); ranges = ranges[c.entry():] {
		w, ok := c.read(ranges)
		if !ok || !sameSpace(w.child.hi, a.hi) || a.lo < w.child.lo {
			continue
		}
		if off := a.lo - w.child.lo; off <= w.size && size <= w.size-off {
			return address{w.parent.hi, w.parent.lo + off}, true
		}
	}
	return address{}, false
}

// sameSpace compares the space code of PCI addresses, bits 25:24 of phys.hi; it
// is 0 everywhere else.
func sameSpace(a, b uint32) bool { return a>>24&3 == b>>24&3 }

// busCells says how entries of a bus's "ranges" are made up.
type busCells struct{ child, parent, size int }

func (t *Tree) busCells(p *path, bus int) (c busCells, ok bool) {
	if bus < 1 {
		return c, false
	}
	var ok1, ok2 bool
	c.child, c.size, ok1 = t.cells(p.nodes[bus])
	c.parent, _, ok2 = t.cells(p.nodes[bus-1])
	return c, ok1 && ok2 && c.child > 0 && c.parent > 0 && c.size > 0
}

// entry returns the bytes of an entry, which are never 0.
func (c busCells) entry() int { return (c.child + c.parent + c.size) * 4 }

// window is an entry of "ranges" as it is written.
type window struct {
	child, parent address
	size          uint64
}

// read reads an entry; ok is false when an end overflows.
func (c busCells) read(b []byte) (w window, ok bool) {
	w.child = takeAddress(b, c.child)
	w.parent = takeAddress(b[c.child*4:], c.parent)
	w.size = takeNumber(b[(c.child+c.parent)*4:], c.size)
	return w, w.child.lo+w.size >= w.child.lo && w.parent.lo+w.size >= w.parent.lo
}
