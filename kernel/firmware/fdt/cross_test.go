package fdt

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/u-root/u-root/pkg/dt"
)

// TestCross compares all nodes and properties with what another library reads.
// YOLK_DTB names a folder with more trees, such as a distribution's.
func TestCross(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.dtb")
	if dir := os.Getenv("YOLK_DTB"); dir != "" {
		more, _ := filepath.Glob(filepath.Join(dir, "*.dtb"))
		files = append(files, more...)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			blob, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			other, err := dt.ReadFDT(bytes.NewReader(blob))
			if err != nil {
				t.Fatal(err)
			}
			tree, code := Open(blob)
			if code != OK {
				t.Fatal(code)
			}
			if n := same(t, &tree, Root, other.RootNode); n < 20 {
				t.Errorf("only %d nodes", n)
			}
			for i, want := range other.ReserveEntries {
				if r, ok := tree.Reserved(i); !ok || r != (Range{want.Address, want.Size}) {
					t.Errorf("reserved %d: %#x, want %#x", i, r, want)
				}
			}
			exercise(&tree)
		})
	}
}

// same compares a node and all below it; it returns how many there are.
func same(t *testing.T, tree *Tree, n Node, want *dt.Node) int {
	if string(tree.Name(n)) != want.Name {
		t.Errorf("node %q, want %q", tree.Name(n), want.Name)
	}
	for _, p := range want.Properties {
		if v, ok := tree.Prop(n, p.Name); !ok || !bytes.Equal(v, p.Value) {
			t.Errorf("%s %s: %x, want %x", want.Name, p.Name, v, p.Value)
		}
		if p.Name == "phandle" {
			handle, _ := p.AsU32()
			if to, ok := tree.Phandle(handle); !ok || to != n {
				t.Errorf("phandle %#x does not lead to %s", handle, want.Name)
			}
		}
	}
	count := 1
	child, ok := tree.Child(n)
	for _, w := range want.Children {
		if !ok {
			t.Fatalf("%s has no child %s", want.Name, w.Name)
		}
		count += same(t, tree, child, w)
		child, ok = tree.Sibling(child)
	}
	if ok {
		t.Errorf("%s has a child too many: %s", want.Name, tree.Name(child))
	}
	return count
}
