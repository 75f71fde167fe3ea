package fdt

import "testing"

func TestPowerKey(t *testing.T) {
	for _, file := range []string{"virt-gic2-cpu1.dtb", "virt-gic3-cpu4.dtb"} {
		tree := open(t, file)
		p, ok := tree.PowerKey()
		if !ok || !tree.Is(p.Controller, "arm,pl061") || p.Number != 3 || p.Low {
			t.Errorf("%s: %+v %v", file, p, ok)
		}
	}
	tree := open(t, "rpi3.dtb")
	if p, ok := tree.PowerKey(); ok {
		t.Errorf("rpi3: %+v", p)
	}
}

// keys is a tree with two keys on a controller that has handle 5.
func keys(cells, code uint32, gpios ...uint32) []byte {
	return tree().
		begin("gpio").cells("phandle", 5).cells("#gpio-cells", cells).end().
		begin("keys").text("compatible", "gpio-keys").
		begin("lid").cells("linux,code", 30).cells("gpios", 5, 1, 0).end().
		begin("power").cells("linux,code", code).cells("gpios", gpios...).end().
		end().seal()
}

func TestPowerKeyOthers(t *testing.T) {
	for _, c := range []struct {
		what string
		blob []byte
		ok   bool
	}{
		{"low", keys(2, 116, 5, 7, 1), true},
		{"another key", keys(2, 117, 5, 7, 1), false},
		{"a short pin", keys(2, 116, 5, 7), false},
		{"a pin of three cells", keys(3, 116, 5, 7, 1, 0), false},
		{"no such controller", keys(2, 116, 6, 7, 1), false},
		{"no pin", keys(2, 116), false},
	} {
		tree, code := Open(c.blob)
		if code != OK {
			t.Fatal(c.what, code)
		}
		p, ok := tree.PowerKey()
		if ok != c.ok || ok && (p.Number != 7 || !p.Low || string(tree.Name(p.Controller)) != "gpio") {
			t.Errorf("%s: %+v %v", c.what, p, ok)
		}
	}
}
