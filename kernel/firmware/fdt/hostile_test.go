package fdt

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
)

// patch changes a header field of a blob.
func patch(blob []byte, off int, v uint32) []byte {
	b := bytes.Clone(blob)
	binary.BigEndian.PutUint32(b[off:], v)
	return b
}

func TestRefused(t *testing.T) {
	good := tree().cells("a", 1).begin("child").end().seal()
	if _, code := Open(good); code != OK {
		t.Fatal(code)
	}
	deep := new(builder)
	for range MaxDepth + 1 {
		deep.begin("d")
	}
	lone := tree().cells("a", 1)
	lone.strings = lone.strings[:1] // no NUL
	reserve := func(cells ...uint32) []byte {
		b := tree()
		for _, c := range cells {
			b.reserve = binary.BigEndian.AppendUint32(b.reserve, c)
		}
		return b.seal()
	}
	long := tree().cells("a", 1).seal()
	i := bytes.Index(long, []byte{0, 0, 0, tokenProp})
	long = patch(long, i+4, 1<<31)

	for _, c := range []struct {
		what string
		blob []byte
		want Code
	}{
		{"nothing", nil, ErrShort},
		{"half a header", good[:HeaderSize-1], ErrShort},
		{"zeros", make([]byte, 100), ErrMagic},
		{"version 16", patch(good, offVersion, 16), ErrVersion},
		{"a later format", patch(good, offLastComp, 18), ErrVersion},
		{"size 0", patch(good, offTotalSize, 0), ErrSize},
		{"size 4 GiB", patch(good, offTotalSize, ^uint32(0)), ErrSize},
		{"a byte missing", good[:len(good)-1], ErrCut},
		{"structure in the header", patch(good, offStruct, 0), ErrBlock},
		{"structure misaligned", patch(good, offStruct, be32(good, offStruct)+1), ErrBlock},
		{"structure too long", patch(good, offSizeStruct, uint32(len(good))), ErrBlock},
		{"structure of 4 GiB", patch(good, offSizeStruct, ^uint32(3)), ErrBlock},
		{"structure beyond the end", patch(good, offStruct, ^uint32(3)), ErrBlock},
		{"strings beyond the end", patch(good, offStrings, ^uint32(0)), ErrBlock},
		{"strings too long", patch(good, offSizeStrings, 1<<31), ErrBlock},
		{"reservations beyond the end", patch(good, offReserve, ^uint32(7)), ErrBlock},
		{"reservations without end", patch(good, offReserve, be32(good, offStruct)), ErrReserve},
		{"reservation that overflows", reserve(^uint32(0), ^uint32(0), 0, 2), ErrReserve},
		{"structure cut", patch(good, offSizeStruct, be32(good, offSizeStruct)-8), ErrEnd},
		{"no structure", patch(good, offSizeStruct, 0), ErrEnd},
		{"no root", new(builder).token(tokenStop).blob(), ErrEnd},
		{"end without begin", new(builder).end().token(tokenStop).blob(), ErrToken},
		{"property without a node", new(builder).cells("a", 1).token(tokenStop).blob(), ErrToken},
		{"unknown token", tree().token(5).seal(), ErrToken},
		{"two roots", tree().end().begin("").seal(), ErrToken},
		{"end of all in a node", tree().token(tokenStop).blob(), ErrEnd},
		{"no end", tree().end().blob(), ErrEnd},
		{"property after a child", tree().begin("c").end().cells("a", 1).seal(), ErrOrder},
		{"nodes too deep", deep.blob(), ErrDepth},
		{"node name without end", new(builder).token(tokenBegin).token(0x61616161).blob(), ErrName},
		{"property name without end", lone.seal(), ErrName},
		{"property name outside", patch(good, offSizeStrings, 0), ErrName},
		{"property of 2 GiB", long, ErrProperty},
		{"property cut", tree().token(tokenProp).token(0).blob(), ErrProperty},
	} {
		if _, code := Open(c.blob); code != c.want {
			t.Errorf("%s: %v, want %v", c.what, code, c.want)
		}
	}
}

// TestCut opens all beginnings of a real tree, and the tree with each byte
// damaged, and uses what is accepted.
func TestCut(t *testing.T) {
	blob, err := os.ReadFile("testdata/rpi3.dtb")
	if err != nil {
		t.Fatal(err)
	}
	for n := range blob {
		if _, code := Open(blob[:n]); code == OK {
			t.Errorf("%d of %d bytes are accepted", n, len(blob))
		}
		if n%3 != 0 { // each place in a word has its turn
			continue
		}
		damaged := bytes.Clone(blob)
		damaged[n] ^= 0xff
		if tree, code := Open(damaged); code == OK {
			exercise(&tree)
		}
	}
}

func TestNops(t *testing.T) {
	b := new(builder).token(tokenNop).begin("").token(tokenNop).cells("a", 7).token(tokenNop)
	b.begin("c").token(tokenNop).end().token(tokenNop).end().token(tokenNop).token(tokenStop)
	tree, code := Open(b.blob())
	if code != OK {
		t.Fatal(code)
	}
	if v, ok := tree.U32(Root, "a"); !ok || v != 7 {
		t.Errorf("a = %d %v", v, ok)
	}
	if n, ok := tree.Child(Root); !ok || string(tree.Name(n)) != "c" {
		t.Error("no child")
	}
}

// TestUsed has room behind the tree, as QEMU leaves it, and a reservation block
// behind all others.
func TestUsed(t *testing.T) {
	good := tree().cells("a", 1).seal()
	room := patch(append(bytes.Clone(good), make([]byte, 1000)...), offTotalSize, uint32(len(good)+1000))
	end := uint32(len(good)+7) &^ 7
	last := patch(room, offReserve, end)
	for what, c := range map[string]struct {
		blob []byte
		used int
	}{"no room": {good, len(good)}, "room": {room, len(good)}, "reservations last": {last, int(end) + 16}} {
		tree, code := Open(c.blob)
		if code != OK || tree.Used() != c.used {
			t.Errorf("%s: %v, %d bytes in use, want %d", what, code, tree.Used(), c.used)
		}
	}
}

func TestDepth(t *testing.T) {
	b := new(builder)
	for range MaxDepth {
		b.begin("d").cells("#address-cells", 1).cells("#size-cells", 1).bytes("ranges", nil)
	}
	for range MaxDepth {
		b.end()
	}
	tree, code := Open(b.token(tokenStop).blob())
	if code != OK {
		t.Fatal(code)
	}
	if n, ok := tree.Path(strings.Repeat("/d", MaxDepth-1)); !ok {
		t.Error("the deepest node is not found")
	} else if p := tree.path(n); p.n != MaxDepth {
		t.Errorf("the deepest node is at %d", p.n)
	}
	exercise(&tree)
}

// TestBus checks the tree that TestNonsense varies.
func TestBus(t *testing.T) {
	tree, code := Open(bus(0x800, 0x12_0000_0000, 0x1800).seal())
	if code != OK {
		t.Fatal(code)
	}
	r, ok := tree.Address(at(t, &tree, "/bus/x"), 0)
	wantRange(t, "device", r, ok, 0x12_0000_0800, 0x1000)
}

// TestNonsense has well-formed trees that say what cannot be: each question
// must be answered by absence.
func TestNonsense(t *testing.T) {
	for _, c := range []struct {
		what string
		b    *builder
		has  func(*Tree, Node) bool // asked of the first child
	}{
		{"an address that overflows", tree().cells("#address-cells", 2).cells("#size-cells", 2).begin("x").cells("reg", ^uint32(0), ^uint32(0), 0, 2).end(), hasReg},
		{"addresses of 4 cells", tree().cells("#address-cells", 4).begin("x").cells("reg", 1, 1, 1, 1, 1).end(), hasReg},
		{"addresses of 4 G cells", tree().cells("#address-cells", ^uint32(0)).begin("x").cells("reg", 1, 1, 1, 1, 1).end(), hasReg},
		{"sizes of 3 cells", tree().cells("#size-cells", 3).begin("x").cells("reg", 1, 1, 1, 1, 1).end(), hasReg},
		{"addresses of no cells", tree().cells("#address-cells", 0).cells("#size-cells", 0).begin("x").cells("reg", 1).end(), hasReg},
		{"half an address", tree().begin("x").cells("reg", 0, 1).end(), hasReg},
		{"a window that overflows", bus(0, 1<<64-0x1000, 0x10000), hasGrandchild},
		{"a window that ends too early", bus(0, 0, 0x1fff), hasGrandchild},
		{"a window that begins too late", bus(0x1001, 0, 0x10000), hasGrandchild},
		{"an interrupt parent of itself", tree().begin("x").cells("phandle", 1).cells("interrupt-parent", 1).cells("interrupts", 1).end(), hasInterrupt},
		{"an interrupt parent that is not there", tree().begin("x").cells("interrupt-parent", 9).cells("interrupts", 1).end(), hasInterrupt},
		{"an interrupt parent of 0", tree().cells("phandle", 0).cells("#interrupt-cells", 1).bytes("interrupt-controller", nil).begin("x").cells("interrupt-parent", 0).cells("interrupts", 1).end(), hasInterrupt},
		{"no controller", tree().cells("#interrupt-cells", 1).begin("x").cells("interrupts", 1).end(), hasInterrupt},
		{"specifiers of 5 cells", tree().cells("#interrupt-cells", 5).bytes("interrupt-controller", nil).begin("x").cells("interrupts", 1, 2, 3, 4, 5).end(), hasInterrupt},
		{"specifiers of no cells", tree().cells("#interrupt-cells", 0).bytes("interrupt-controller", nil).begin("x").cells("interrupts", 1).end(), hasInterrupt},
		{"half a specifier", tree().cells("#interrupt-cells", 2).bytes("interrupt-controller", nil).begin("x").cells("interrupts", 1).end(), hasInterrupt},
		{"a map onto itself", mapTree(1, 0, 5, 1, 0, 6), hasInterrupt},
		{"a map cut off", mapTree(1, 0, 5, 1), hasInterrupt},
		{"a map without the interrupt", mapTree(1, 0, 6, 1, 0, 7), hasInterrupt},
		{"a map to nowhere", mapTree(1, 0, 5, 2, 0, 7), hasInterrupt},
	} {
		blob, code := Open(c.b.seal())
		if code != OK {
			t.Fatalf("%s: %v", c.what, code)
		}
		n, ok := blob.Child(Root)
		if !ok {
			t.Fatalf("%s: no child", c.what)
		}
		if c.has(&blob, n) {
			t.Errorf("%s gives an answer", c.what)
		}
		exercise(&blob)
	}
}

func hasReg(t *Tree, n Node) bool       { _, ok := t.Reg(n, 0); return ok }
func hasInterrupt(t *Tree, n Node) bool { _, ok := t.Interrupt(n, 0); return ok }

func hasGrandchild(t *Tree, n Node) bool {
	n, _ = t.Child(n)
	_, ok := t.Address(n, 0)
	return ok
}

// bus is a tree with a bus that has one window, and a device on it at 0x1000,
// 0x1000 bytes long.
func bus(child uint32, parent uint64, size uint32) *builder {
	b := tree().cells("#address-cells", 2).begin("bus").cells("#address-cells", 1).cells("#size-cells", 1)
	b.cells("ranges", child, uint32(parent>>32), uint32(parent), size)
	return b.begin("x").cells("reg", 0x1000, 0x1000).end().end()
}

// mapTree is a tree whose root maps interrupts, with a device at 0 that has
// interrupt 5. The map's first cell is "#address-cells".
func mapTree(addr uint32, m ...uint32) *builder {
	return tree().cells("phandle", 1).cells("#address-cells", addr).cells("#interrupt-cells", 1).
		cells("interrupt-map", m...).begin("x").cells("reg", 0, 0).cells("interrupts", 5).end()
}
