package fdt

// Prop returns the value of a node's property, which may be empty. The slice is
// part of the blob.
func (t *Tree) Prop(n Node, name string) (value []byte, ok bool) {
	k := t.token(uint32(n))
	for k.kind != tokenStop {
		k = t.token(k.next)
		switch k.kind {
		case tokenProp:
			if t.isNamed(k.name, name) {
				end := k.off + k.len
				return t.structure[k.off:end:end], true
			}
		case tokenBegin, tokenEnd:
			return nil, false
		}
	}
	return nil, false
}

// isNamed reports whether the name of a property, at off in the strings block, is
// name. Names may be as long as the block: this looks no further than it must.
func (t *Tree) isNamed(off uint32, name string) bool {
	n := uint32(len(name))
	if size := uint32(len(t.strings)); off >= size || size-off <= n {
		return false
	}
	return string(t.strings[off:off+n]) == name && t.strings[off+n] == 0
}

// U32 returns the value of a property of one cell.
func (t *Tree) U32(n Node, name string) (uint32, bool) {
	v, ok := t.Prop(n, name)
	if !ok || len(v) != 4 {
		return 0, false
	}
	return be32(v, 0), true
}

// U64 returns the value of a property that is a number of one or two cells.
func (t *Tree) U64(n Node, name string) (uint64, bool) {
	v, ok := t.Prop(n, name)
	switch {
	case ok && len(v) == 4:
		return uint64(be32(v, 0)), true
	case ok && len(v) == 8:
		return be64(v, 0), true
	}
	return 0, false
}

// Cell returns the i-th cell of a property's value.
func Cell(value []byte, i int) (uint32, bool) {
	if i < 0 || i >= len(value)/4 {
		return 0, false
	}
	return be32(value, i*4), true
}

// Text returns a property that is one string, without its NUL. ok is false when
// there is no NUL at the end.
func (t *Tree) Text(n Node, name string) (s []byte, ok bool) {
	v, ok := t.Prop(n, name)
	if !ok {
		return nil, false
	}
	return cstring(v, 0)
}

// Lists reports whether one of the strings of a string list, such as the value
// of "compatible", is s.
func Lists(value []byte, s string) bool {
	for off := uint32(0); ; {
		item, ok := cstring(value, off)
		if !ok {
			return false
		}
		if string(item) == s {
			return true
		}
		off += uint32(len(item)) + 1
	}
}

// Is reports whether a node's "compatible" names a device that s names.
func (t *Tree) Is(n Node, s string) bool {
	v, ok := t.Prop(n, "compatible")
	return ok && Lists(v, s)
}

// Enabled reports whether the node's device can be used: its status is "okay",
// or it has none (Devicetree Specification 2.3.4).
func (t *Tree) Enabled(n Node) bool {
	v, ok := t.Prop(n, "status")
	return !ok || Lists(v, "okay") || Lists(v, "ok")
}

// cstring returns the string at off, up to its NUL.
func cstring(b []byte, off uint32) ([]byte, bool) {
	for i := int(off); i < len(b); i++ {
		if b[i] == 0 {
			return b[off:i:i], true
		}
	}
	return nil, false
}

// be32 returns the big-endian number at off, which is in b.
func be32(b []byte, off int) uint32 {
	b = b[off : off+4]
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// be64 is be32 for two cells.
func be64(b []byte, off int) uint64 {
	return uint64(be32(b, off))<<32 | uint64(be32(b, off+4))
}

func align4(n uint32) uint32 { return (n + 3) &^ 3 }
