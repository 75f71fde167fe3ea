package fdt

// MaxInterruptCells is the most cells of an interrupt specifier that are read;
// the GIC's are 3 or 4.
const MaxInterruptCells = 4

// An Interrupt is a specifier and the controller whose binding gives its cells
// their meaning.
type Interrupt struct {
	Controller Node
	Cells      [MaxInterruptCells]uint32
	N          int // cells in use
}

// Interrupt returns the i-th interrupt of a node's device, from
// "interrupts-extended" or else "interrupts" (Devicetree Specification 2.4.1),
// led through the interrupt maps on its way to a controller. It takes some walks
// over the tree, 10 us on a fast machine: ask for devices that are there.
func (t *Tree) Interrupt(n Node, i int) (Interrupt, bool) {
	if i < 0 {
		return Interrupt{}, false
	}
	if v, ok := t.Prop(n, "interrupts-extended"); ok {
		return t.extended(n, v, i)
	}
	v, ok := t.Prop(n, "interrupts")
	if !ok {
		return Interrupt{}, false
	}
	parent, ok := t.interruptParent(n)
	if !ok {
		return Interrupt{}, false
	}
	size, ok := t.interruptCells(parent)
	if !ok || size == 0 || i >= len(v)/(size*4) {
		return Interrupt{}, false
	}
	irq := Interrupt{Controller: parent, N: size}
	irq.take(v[i*size*4:])
	return t.route(irq, t.unit(n))
}

// extended finds the i-th specifier of "interrupts-extended", in which each
// follows the phandle of its controller.
func (t *Tree) extended(n Node, v []byte, i int) (Interrupt, bool) {
	for ; len(v) >= 4; i-- {
		parent, ok := t.Phandle(be32(v, 0))
		if !ok {
			return Interrupt{}, false
		}
		size, ok := t.interruptCells(parent)
		if !ok || len(v)-4 < size*4 {
			return Interrupt{}, false
		}
		if i == 0 {
			irq := Interrupt{Controller: parent, N: size}
			irq.take(v[4:])
			return t.route(irq, t.unit(n))
		}
		v = v[4+size*4:]
	}
	return Interrupt{}, false
}

// PCIInterrupt returns where the host bridge leads an interrupt pin, 1 (INTA) to
// 4, of a device on its first bus.
func (t *Tree) PCIInterrupt(host Node, device, function, pin uint8) (Interrupt, bool) {
	if device > 31 || function > 7 || pin < 1 || pin > 4 {
		return Interrupt{}, false
	}
	irq := Interrupt{Controller: host, Cells: [MaxInterruptCells]uint32{uint32(pin)}, N: 1}
	if size, ok := t.interruptCells(host); !ok || size != 1 {
		return Interrupt{}, false
	}
	// phys.hi of a configuration address: bus 23:16, device 15:11, function 10:8.
	hi := uint32(device)<<11 | uint32(function)<<8
	return t.route(irq, unit{cells: [maxCells]uint32{hi}, n: maxCells})
}

// take reads the cells of a specifier.
func (irq *Interrupt) take(b []byte) {
	for i := range irq.N {
		irq.Cells[i] = be32(b, i*4)
	}
}

// interruptCells returns the number of cells of specifiers for a controller or
// a map.
func (t *Tree) interruptCells(n Node) (int, bool) {
	v, ok := t.U32(n, "#interrupt-cells")
	return int(min(v, MaxInterruptCells+1)), ok && v <= MaxInterruptCells
}

// interruptParent returns the node that a node's interrupts go to: the first one
// up the interrupt tree that takes specifiers at all. Phandles may lead in
// circles; a way longer than the deepest tree does.
func (t *Tree) interruptParent(n Node) (Node, bool) {
	for range MaxDepth {
		var ok bool
		if v, has := t.Prop(n, "interrupt-parent"); has {
			handle, _ := Cell(v, 0)
			n, ok = t.Phandle(handle)
		} else {
			n, ok = t.Parent(n)
		}
		if !ok {
			return 0, false
		}
		if _, has := t.Prop(n, "#interrupt-cells"); has {
			return n, true
		}
	}
	return 0, false
}
