package fdt

// A Code says why a blob is not a usable device tree. It is a number, for
// kernel context, and an error as well, for the host.
type Code uint8

const (
	OK          Code = iota
	ErrShort         // fewer bytes than a header
	ErrMagic         // not a device tree at all
	ErrVersion       // a format that this package does not read
	ErrSize          // the total size is less than a header, or over MaxSize
	ErrCut           // the total size is more than the bytes at hand
	ErrBlock         // a block lies outside the tree or is misaligned
	ErrReserve       // the memory reservation block has no end, or a range overflows
	ErrToken         // an unknown token, or one where it may not be
	ErrName          // a name has no terminating NUL
	ErrProperty      // a property's value goes beyond the structure block
	ErrOrder         // a property after a node's first child
	ErrDepth         // nodes nested deeper than MaxDepth
	ErrEnd           // the structure block ends within a node
)

// Error returns the reason.
func (c Code) Error() string {
	switch c {
	case OK:
		return "device tree: no error"
	case ErrShort:
		return "device tree: too few bytes for a header"
	case ErrMagic:
		return "device tree: wrong magic number: this is not a flattened device tree"
	case ErrVersion:
		return "device tree: unknown format version; version 17 is needed"
	case ErrSize:
		return "device tree: its header gives an impossible total size; up to 2 MiB are read"
	case ErrCut:
		return "device tree: cut off: its header gives a larger size"
	case ErrBlock:
		return "device tree: a block lies outside the tree or is misaligned"
	case ErrReserve:
		return "device tree: memory reservation block without end, or with a range that overflows"
	case ErrToken:
		return "device tree: unknown or misplaced token in the structure block"
	case ErrName:
		return "device tree: a name without its end"
	case ErrProperty:
		return "device tree: a property's value is longer than the structure block"
	case ErrOrder:
		return "device tree: a property after a child node"
	case ErrDepth:
		return "device tree: nodes are nested deeper than 32 levels"
	case ErrEnd:
		return "device tree: the structure block ends before the root node does"
	}
	return "device tree: unknown error"
}

const (
	// MaxSize is the largest tree read, in bytes: what the arm64 boot protocol of
	// Linux allows, and twice of what QEMU reserves.
	MaxSize = 2 << 20
	// MaxDepth is how deep nodes may nest, the root being 1. Trees of boards stay
	// below 10.
	MaxDepth = 32
	// HeaderSize is the length of the header in bytes: what Size needs.
	HeaderSize = 40
)

// Header fields, Devicetree Specification 5.2, in bytes from the start.
const (
	offMagic       = 0
	offTotalSize   = 4
	offStruct      = 8
	offStrings     = 12
	offReserve     = 16
	offVersion     = 20
	offLastComp    = 24
	offSizeStrings = 32
	offSizeStruct  = 36

	magic   = 0xd00dfeed
	version = 17
)

// A Tree is a device tree that Open has checked. It is only slices of the blob,
// and what the last search for a phandle has found.
type Tree struct {
	structure []byte // the structure block, from the root's token on
	strings   []byte // names of properties
	reserve   []byte // the memory reservation block with its end

	used       uint32 // bytes of the blob before the last one that means something
	handle     uint32 // of handleNode; 0 for none
	handleNode Node
}

// Used returns how many bytes of the blob, from its beginning, are in use.
// Emulators and boot loaders leave room behind them for more.
func (t *Tree) Used() int { return int(t.used) }

// Size returns how many bytes the tree takes whose header is given, at most
// MaxSize, so that a kernel that was passed an address knows what to map.
func Size(header []byte) (int, Code) {
	switch {
	case len(header) < HeaderSize:
		return 0, ErrShort
	case be32(header, offMagic) != magic:
		return 0, ErrMagic
	}
	size := be32(header, offTotalSize)
	if size < HeaderSize || size > MaxSize {
		return 0, ErrSize
	}
	return int(size), OK
}

// Open checks the whole of a device tree. The blob may be longer than the tree;
// it must not change while the Tree is in use.
func Open(blob []byte) (Tree, Code) {
	size, code := Size(blob)
	switch {
	case code != OK:
		return Tree{}, code
	case be32(blob, offVersion) < version, be32(blob, offLastComp) > version:
		return Tree{}, ErrVersion
	case size > len(blob):
		return Tree{}, ErrCut
	}
	blob = blob[:size]
	var t Tree
	var ok1, ok2, ok3 bool
	t.structure, ok1 = block(blob, be32(blob, offStruct), be32(blob, offSizeStruct), 4)
	t.strings, ok2 = block(blob, be32(blob, offStrings), be32(blob, offSizeStrings), 1)
	reserve := be32(blob, offReserve)
	t.reserve, ok3 = block(blob, reserve, uint32(size)-min(reserve, uint32(size)), 8)
	if !ok1 || !ok2 || !ok3 {
		return Tree{}, ErrBlock
	}
	n, ok := reservations(t.reserve)
	if !ok {
		return Tree{}, ErrReserve
	}
	t.reserve = t.reserve[:n]
	t.used = max(be32(blob, offStruct)+be32(blob, offSizeStruct), be32(blob, offStrings)+be32(blob, offSizeStrings), reserve+uint32(n))
	t.structure = fromRoot(t.structure)
	if code := t.check(); code != OK {
		return Tree{}, code
	}
	return t, OK
}

// block returns size bytes at an offset, if they are in the blob.
func block(blob []byte, off, size, align uint32) ([]byte, bool) {
	n := uint32(len(blob))
	if off < HeaderSize || off%align != 0 || off > n || size > n-off {
		return nil, false
	}
	return blob[off : off+size : off+size], true
}

// reservations returns the length of the reservation block, whose end is an entry
// of zeros, if it comes to its end.
func reservations(b []byte) (n int, ok bool) {
	for off := 0; off+16 <= len(b); off += 16 {
		addr, size := be64(b, off), be64(b, off+8)
		if addr|size == 0 {
			return off + 16, true
		}
		if addr+size < addr {
			return 0, false
		}
	}
	return 0, false
}

// fromRoot returns the structure block without what comes before the root.
func fromRoot(b []byte) []byte {
	for len(b) >= 4 && be32(b, 0) == tokenNop {
		b = b[4:]
	}
	return b
}

// check goes through the structure block and finds out whether all walks over
// it will end well.
func (t *Tree) check() Code {
	ends := len(t.strings) // names that begin before it end before it
	for ends > 0 && t.strings[ends-1] != 0 {
		ends--
	}
	// children: a bit for each open level says that a child has been seen there.
	var children uint64
	depth := 0
	for off := uint32(0); ; {
		k := t.token(off)
		switch k.kind {
		case tokenBegin:
			if depth == MaxDepth {
				return ErrDepth
			}
			children |= 1 << depth
			depth++
			children &^= 1 << depth
		case tokenEnd:
			if depth--; depth < 0 {
				return ErrToken
			}
			if depth == 0 {
				return t.checkEnd(k.next)
			}
		case tokenProp:
			if depth == 0 {
				return ErrToken
			}
			if children&(1<<depth) != 0 {
				return ErrOrder
			}
			if int(k.name) >= ends {
				return ErrName
			}
		case tokenNop:
			if depth == 0 {
				return ErrToken
			}
		case tokenStop:
			if k.code == OK {
				return ErrEnd
			}
			return k.code
		}
		off = k.next
	}
}

// checkEnd expects the end token behind the root.
func (t *Tree) checkEnd(off uint32) Code {
	for {
		switch k := t.token(off); k.kind {
		case tokenNop:
			off = k.next
		case tokenStop:
			return k.code
		default:
			return ErrToken
		}
	}
}
