package fdt

// A Node is the place of a node's begin token in the structure block. Nodes of
// one tree only mean something to that tree.
type Node uint32

// Root is the root node of every tree.
const Root Node = 0

// Tokens of the structure block, Devicetree Specification 5.4.1.
const (
	tokenBegin = 1
	tokenEnd   = 2
	tokenProp  = 3
	tokenNop   = 4
	tokenStop  = 9 // FDT_END; also what token returns where it cannot go on
)

// A token is one item of the structure block.
type token struct {
	kind     uint32
	next     uint32 // where the next token is; beyond this one, always
	off, len uint32 // the value of a property, the name of a node
	name     uint32 // of a property, in the strings block
	code     Code   // with tokenStop: why; OK at the proper end
}

// token reads the token at off. It does not rely on what Open has found out.
func (t *Tree) token(off uint32) token {
	n := uint32(len(t.structure))
	if off > n || n-off < 4 {
		return token{kind: tokenStop, code: ErrEnd}
	}
	k := token{kind: be32(t.structure, int(off)), next: off + 4, off: off + 4}
	switch k.kind {
	case tokenEnd, tokenNop:
		return k
	case tokenBegin:
		name, ok := cstring(t.structure, k.off)
		if !ok {
			return token{kind: tokenStop, code: ErrName}
		}
		k.len = uint32(len(name))
		k.next = align4(k.off + k.len + 1)
		return k
	case tokenProp:
		if n-k.off < 8 {
			return token{kind: tokenStop, code: ErrProperty}
		}
		k.len, k.name = be32(t.structure, int(k.off)), be32(t.structure, int(k.off)+4)
		k.off += 8
		if k.len > n-k.off {
			return token{kind: tokenStop, code: ErrProperty}
		}
		k.next = align4(k.off + k.len)
		return k
	case tokenStop:
		return k
	}
	return token{kind: tokenStop, code: ErrToken}
}

// Name returns the node's name with its unit address, empty for the root.
func (t *Tree) Name(n Node) []byte {
	k := t.token(uint32(n))
	if k.kind != tokenBegin {
		return nil
	}
	return t.structure[k.off : k.off+k.len]
}

// Next returns the node that follows n in the order of the blob: its first
// child, or else its next sibling, or else its parent's, and so on.
func (t *Tree) Next(n Node) (Node, bool) {
	_, next, ok := t.step(n)
	return next, ok
}

// step is Next; it also returns by how much deeper (1) or higher (0 and less)
// the node is. Most of the time that a tree takes is spent here, so that it goes
// past properties by itself.
func (t *Tree) step(n Node) (deeper int, next Node, ok bool) {
	k := t.token(uint32(n))
	if k.kind != tokenBegin {
		return 0, 0, false
	}
	deeper = 1
	for off := int(k.next); len(t.structure)-off >= 4; {
		switch be32(t.structure, off) {
		case tokenProp:
			off = t.pastProp(off)
		case tokenBegin:
			return deeper, Node(off), true
		case tokenEnd:
			deeper--
			off += 4
		case tokenNop:
			off += 4
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// pastProp returns the offset behind the property token at off, beyond the block
// when the property is.
func (t *Tree) pastProp(off int) int {
	if len(t.structure)-off < 12 {
		return len(t.structure)
	}
	return off + 12 + (int(be32(t.structure, off+4))+3)&^3
}

// Child returns the first child of n.
func (t *Tree) Child(n Node) (Node, bool) {
	deeper, next, ok := t.step(n)
	return next, ok && deeper == 1
}

// Sibling returns the next node with the same parent as n.
func (t *Tree) Sibling(n Node) (Node, bool) {
	for level := 0; ; {
		deeper, next, ok := t.step(n)
		if level += deeper; !ok || level < 0 {
			return 0, false
		}
		if level == 0 {
			return next, true
		}
		n = next
	}
}

// Parent returns the node that n is a child of. Finding it is a walk from the
// root: the format has no links upwards.
func (t *Tree) Parent(n Node) (Node, bool) {
	p := t.path(n)
	if p.n < 2 {
		return 0, false
	}
	return p.nodes[p.n-2], true
}

// A path is a node's way from the root: nodes[0] is the root, nodes[n-1] the
// node itself. n is 0 for what is no node of the tree.
type path struct {
	nodes [MaxDepth]Node
	n     int
}

// path finds the way to a node.
func (t *Tree) path(n Node) path {
	var p path
	p.n = 1
	for at := Root; at != n; {
		deeper, next, ok := t.step(at)
		p.n += deeper
		if !ok || next > n || p.n < 1 || p.n > MaxDepth {
			return path{}
		}
		p.nodes[p.n-1] = next
		at = next
	}
	return p
}
