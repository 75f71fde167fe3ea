package fdt

// Limits of what is followed, so that a hostile tree costs little time: maps
// lead from PCI to a controller in one or two hops, with four entries a slot.
const (
	maxHops    = 4
	maxEntries = 512
)

// A unit is the unit address of an interrupt's source, which maps compare.
type unit struct {
	cells [maxCells]uint32
	n     int
}

// unit returns the first address of a node's "reg", none where there is none.
func (t *Tree) unit(n Node) unit {
	var u unit
	p, ok := t.Parent(n)
	if !ok {
		return u
	}
	addr, _, ok := t.cells(p)
	v, has := t.Prop(n, "reg")
	if !ok || !has || len(v) < addr*4 {
		return u
	}
	for u.n = 0; u.n < addr; u.n++ {
		u.cells[u.n] = be32(v, u.n*4)
	}
	return u
}

// route leads an interrupt through maps until it is at a controller.
func (t *Tree) route(irq Interrupt, u unit) (Interrupt, bool) {
	for range maxHops {
		if _, is := t.Prop(irq.Controller, "interrupt-controller"); is {
			return irq, true
		}
		m, has := t.Prop(irq.Controller, "interrupt-map")
		if !has {
			return Interrupt{}, false
		}
		var ok bool
		if irq, u, ok = t.mapped(irq, u, m); !ok {
			return Interrupt{}, false
		}
	}
	return Interrupt{}, false // the maps lead in a circle
}

// mapped looks an interrupt up in the map of the node it is at (Devicetree
// Specification 2.4.3). An entry is: child unit address, child specifier,
// phandle of the parent, parent unit address, parent specifier.
func (t *Tree) mapped(irq Interrupt, u unit, m []byte) (Interrupt, unit, bool) {
	addr, ok := t.mapCells(irq.Controller)
	if !ok || addr != u.n {
		return Interrupt{}, unit{}, false
	}
	mask, masked := t.Prop(irq.Controller, "interrupt-map-mask")
	if masked && len(mask) != (addr+irq.N)*4 {
		return Interrupt{}, unit{}, false
	}
	// wanted is the key: unit address and specifier, masked.
	var wanted, bits [maxCells + MaxInterruptCells]uint32
	key := 0
	for ; key < addr; key++ {
		wanted[key] = u.cells[key]
	}
	for i := range irq.N {
		wanted[key] = irq.Cells[i]
		key++
	}
	for i := range key {
		bits[i] = ^uint32(0)
		if masked {
			bits[i] = be32(mask, i*4)
		}
	}
	for range maxEntries {
		if len(m) < key*4+4 {
			break
		}
		parent, paddr, pirq, ok := t.mapParent(be32(m, key*4))
		rest := len(m) - key*4 - 4
		if !ok || rest < (paddr+pirq)*4 {
			return Interrupt{}, unit{}, false
		}
		hit := true
		for i := range key {
			hit = hit && (be32(m, i*4)^wanted[i])&bits[i] == 0
		}
		m = m[key*4+4:]
		if hit {
			return mapTarget(m, parent, paddr, pirq)
		}
		m = m[(paddr+pirq)*4:]
	}
	return Interrupt{}, unit{}, false
}

// mapTarget reads the parent's half of a map entry.
func mapTarget(m []byte, parent Node, addr, irqs int) (Interrupt, unit, bool) {
	u := unit{n: addr}
	for i := range addr {
		u.cells[i] = be32(m, i*4)
	}
	irq := Interrupt{Controller: parent, N: irqs}
	irq.take(m[addr*4:])
	return irq, u, true
}

// mapParent returns the node that a map entry leads to, and the cells of its
// half of the entry.
func (t *Tree) mapParent(handle uint32) (n Node, addr, irqs int, ok bool) {
	if n, ok = t.Phandle(handle); !ok {
		return
	}
	if irqs, ok = t.interruptCells(n); !ok {
		return
	}
	addr, ok = t.mapCells(n)
	return
}

// mapCells returns the cells of unit addresses in maps to or from a node: its
// "#address-cells", for which there is no default here.
func (t *Tree) mapCells(n Node) (int, bool) {
	v, has := t.U32(n, "#address-cells")
	return int(min(v, maxCells+1)), !has || v <= maxCells
}
