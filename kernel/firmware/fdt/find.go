package fdt

// Compatible returns the first node after n, in the order of the blob, that is
// compatible with s. Whether its device is enabled is not looked at.
func (t *Tree) Compatible(n Node, s string) (Node, bool) {
	for {
		next, ok := t.Next(n)
		if !ok {
			return 0, false
		}
		if t.Is(next, s) {
			return next, true
		}
		n = next
	}
}

// Phandle returns the node that others refer to by a phandle. The Tree remembers
// the last one: devices and interrupt maps name the same controller many times.
func (t *Tree) Phandle(handle uint32) (Node, bool) {
	if handle == t.handle && handle != 0 {
		return t.handleNode, true
	}
	// 0 and all ones are no phandles: dtc writes them for references that it could
	// not resolve.
	if handle == 0 || handle == ^uint32(0) {
		return 0, false
	}
	n := Root
	for k := t.token(uint32(n)); k.kind != tokenStop; k = t.token(k.next) {
		switch {
		case k.kind == tokenBegin:
			n = Node(k.off - 4)
		case k.kind == tokenProp && k.len == 4 && be32(t.structure, int(k.off)) == handle && t.isNamed(k.name, "phandle"):
			t.handle, t.handleNode = handle, n
			return n, true
		}
	}
	return 0, false
}

// Path returns the node at a path. A path that does not begin with a slash
// begins with an alias (Devicetree Specification 3.3). A component may be
// without its unit address, and then means the first node of that name.
func (t *Tree) Path(p string) (Node, bool) {
	switch {
	case p == "":
		return 0, false
	case p[0] == '/':
		return t.descend(Root, p)
	}
	end := component(p)
	aliases, ok := t.descend(Root, "aliases")
	if !ok {
		return 0, false
	}
	// An alias is a full path, so that aliases cannot go in circles.
	target, ok := t.Text(aliases, p[:end])
	if !ok || len(target) == 0 || target[0] != '/' {
		return 0, false
	}
	n, ok := t.descend(Root, text(target))
	if !ok {
		return 0, false
	}
	return t.descend(n, p[end:])
}

// descend follows a path from n down.
func (t *Tree) descend(n Node, p string) (Node, bool) {
	for {
		for p != "" && p[0] == '/' {
			p = p[1:]
		}
		if p == "" {
			return n, true
		}
		end := component(p)
		var ok bool
		if n, ok = t.named(n, p[:end]); !ok {
			return 0, false
		}
		p = p[end:]
	}
}

// named returns the child of n with the given name.
func (t *Tree) named(n Node, name string) (Node, bool) {
	for c, ok := t.Child(n); ok; c, ok = t.Sibling(c) {
		if has := t.Name(c); string(has) == name || string(base(has)) == name {
			return c, true
		}
	}
	return 0, false
}

// component returns the length of the first component of a path.
func component(p string) int {
	for i := range len(p) {
		if p[i] == '/' {
			return i
		}
	}
	return len(p)
}

// base returns a node name without its unit address.
func base(name []byte) []byte {
	for i, c := range name {
		if c == '@' {
			return name[:i]
		}
	}
	return name
}
