package fdt

// A Pin is one pin of a GPIO controller.
type Pin struct {
	Controller Node
	Number     uint32
	Low        bool // it is low when what it stands for is the case
}

// PowerKey returns the pin of the key by which the machine is switched off (Linux
// Documentation/devicetree/bindings/input/gpio-keys.yaml and gpio/gpio.txt).
func (t *Tree) PowerKey() (Pin, bool) {
	const keyPower = 116 // of Linux' input events
	keys, ok := t.Compatible(Root, "gpio-keys")
	if !ok {
		return Pin{}, false
	}
	for n, ok := t.Child(keys); ok; n, ok = t.Sibling(n) {
		if code, ok := t.U32(n, "linux,code"); ok && code == keyPower {
			return t.pin(n)
		}
	}
	return Pin{}, false
}

// pin reads the first entry of a node's "gpios".
func (t *Tree) pin(n Node) (p Pin, ok bool) {
	v, _ := t.Prop(n, "gpios")
	if len(v) < 12 {
		return p, false
	}
	p = Pin{Number: be32(v, 4), Low: be32(v, 8)&1 != 0}
	p.Controller, ok = t.Phandle(be32(v, 0))
	if cells, two := t.U32(p.Controller, "#gpio-cells"); !two || cells != 2 {
		return p, false
	}
	return p, ok
}
