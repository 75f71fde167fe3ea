package bus

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	virtiopci "yolk/drivers/virtio/pci"
)

// node is a function of the fake: its registers, and for a bridge the bus behind it.
type node struct {
	registers
	behind topology
}

// topology is a bus: its functions by device and function number.
type topology map[[2]uint8]*node

// nothing is where there is no function.
type nothing struct{}

func (nothing) Read32(uint32) uint32   { return ^uint32(0) }
func (nothing) Write32(uint32, uint32) {}

// access leads a configuration access as hardware does: by the bus numbers that the
// bridges have at the moment.
func (t topology) access(a bdf) (virtiopci.ConfigSpace, error) { return t.find(0, a), nil }

func (t topology) find(bus uint8, a bdf) virtiopci.ConfigSpace {
	if bus == a.bus {
		if n := t[[2]uint8{a.device, a.function}]; n != nil {
			return n
		}
		return nothing{}
	}
	for _, n := range t {
		numbers := n.Read32(cfgBuses)
		if secondary := uint8(numbers >> 8); n.behind != nil && a.bus >= secondary && a.bus <= uint8(numbers>>16) && secondary > bus {
			return n.behind.find(secondary, a)
		}
	}
	return nothing{}
}

// plain is a function with one BAR of size bytes.
func plain(size uint32) *node {
	n := &node{registers: registers{
		size: map[uint32]uint32{cfgCommand: 0xffff, cfgBAR0: -size},
		kind: map[uint32]uint32{cfgVendor: 0x10411af4},
	}}
	return n
}

// bridge is one with numbers, of PCI Express if kind says so, else conventional.
func bridge(numbers uint32, kind uint32, behind topology) *node {
	n := &node{behind: behind, registers: registers{
		size: map[uint32]uint32{cfgCommand: 0xffff, cfgBuses: ^uint32(0), cfgMemory: 0xfff0fff0, cfgPrefetch: 0xfff0fff0, cfgPorts: 0xf0f0},
		kind: map[uint32]uint32{cfgVendor: 0x000c1b36, cfgHeader: headerBus << 16},
	}}
	n.at[cfgBuses/4] = numbers
	if kind != 0 {
		n.kind[cfgCommand] = 1 << 20                              // there are capabilities
		n.kind[0x34] = 0x40                                       // at
		n.kind[0x40] = capExpress | kind<<(8*expType+4) | 0x1<<24 // with a slot
	}
	return n
}

func (n *node) several() *node {
	n.kind[cfgHeader] |= severalBit
	return n
}

// window is what a bridge passes on.
func (n *node) window() window { return (&function{ConfigSpace: n}).window() }

// scanned scans and returns the names of what was found, and what was said.
func scanFake(t topology) (names []string, found []*function, said []string) {
	free := ranges{memory: window{0x10001000, 0x20000000}, buses: window{1, buses}}
	found = scanAll(t.access, free, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	for _, f := range found {
		names = append(names, f.bdf.String())
	}
	return names, found, said
}

func wantNames(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// TestScanBare: no firmware has assigned anything. Buses are numbered depth first,
// and each bridge passes on what is behind it and nothing else.
func TestScanBare(t *testing.T) {
	deep, beside, leaf := plain(0x4000), plain(0x1000), plain(0x200000)
	inner := bridge(0, 0, topology{{7, 0}: deep})
	port := bridge(0, typeRootPort, topology{
		{0, 0}: beside,
		{3, 0}: plain(0x1000), // a root port leads to one device: this one is not looked for
	})
	outer := bridge(0, 0, topology{{1, 0}: inner, {2, 0}: leaf})
	empty := bridge(0, typeRootPort, topology{})
	empty.kind[0x40+expSlot] = slotHotPlug
	names, found, said := scanFake(topology{
		{1, 0}: port.several(), {1, 1}: outer, {1, 7}: empty,
		{2, 0}: plain(0x1000), {2, 1}: plain(0x1000), // of a device that has one function
		{31, 0}: plain(0x1000),
	})
	wantNames(t, names, []string{"PCI 01:00.0", "PCI 03:07.0", "PCI 02:02.0", "PCI 00:02.0", "PCI 00:1f.0"})
	if len(said) != 0 {
		t.Error(said)
	}
	for _, c := range []struct {
		name       string
		n          *node
		numbers    uint32
		first, end uint64
	}{
		{"port", port, 0x010100, 0x10100000, 0x10200000},
		{"outer", outer, 0x030200, 0x10200000, 0x10600000},
		{"inner", inner, 0x030302, 0x10200000, 0x10300000},
		{"empty", empty, 0x040400, 0x10600000, 0x10800000},
	} {
		if got := c.n.at[cfgBuses/4]; got != c.numbers || c.n.window() != (window{c.first, c.end}) {
			t.Errorf("%s: buses %#06x, want %#06x; %#x", c.name, got, c.numbers, c.n.window())
		}
		if got := c.n.at[cfgCommand/4]; got != commandMemory|commandMaster {
			t.Errorf("%s: command %#x", c.name, got)
		}
	}
	for n, w := range map[*node]*node{beside: port, deep: inner, leaf: outer} {
		if a := uint64(n.at[cfgBAR0/4]); a < w.window().next || a >= w.window().end {
			t.Errorf("BAR at %#x, outside %#x", a, w.window())
		}
	}
	// Pin A of device 7 behind device 1 behind function 1 of device 1.
	if at, pin := found[1].origin(1); at != (bdf{0, 1, 1}) || pin != 1 {
		t.Errorf("pin %d of %v", pin, at)
	}
}

// TestScanFirmware: what firmware has assigned stays, numbers alone (qboot) or all
// of it (SeaBIOS); a card without addresses behind such a bridge gets them only when
// no other has some.
func TestScanFirmware(t *testing.T) {
	card, late := plain(0x1000), plain(0x1000)
	card.at[cfgBAR0/4], card.at[cfgCommand/4] = 0xfe800000, commandMemory
	full := bridge(0x010100, 0, topology{{1, 0}: card, {2, 0}: late})
	full.at[cfgCommand/4], full.at[cfgMemory/4] = commandMemory, 0xfe90fe80
	hot := plain(0x1000)
	slot := bridge(0x020200, typeRootPort, topology{{0, 0}: hot})
	slot.at[cfgCommand/4], slot.at[cfgMemory/4] = commandMemory, 0xfeb0fea0
	half := plain(0x1000)
	numbered := bridge(0x050400, 0, topology{{0, 0}: half, {1, 0}: bridge(0, 0, topology{{0, 0}: plain(0x1000)})})
	top := topology{{1, 0}: full, {2, 0}: slot, {3, 0}: numbered, {4, 0}: bridge(0, 0, topology{{0, 0}: plain(0x1000)})}
	names, _, said := scanFake(top)
	wantNames(t, names, []string{"PCI 01:01.0", "PCI 01:02.0", "PCI 02:00.0", "PCI 04:00.0", "PCI 05:00.0", "PCI 06:00.0"})
	if len(said) != 0 {
		t.Error(said)
	}
	if full.at[cfgBuses/4] != 0x010100 || full.window() != (window{0xfe800000, 0xfea00000}) || card.at[cfgBAR0/4] != 0xfe800000 {
		t.Errorf("firmware's choice was changed: %#x", full.at)
	}
	if late.at[cfgBAR0/4] != 0 {
		t.Errorf("a card got %#x, which may be another's", late.at[cfgBAR0/4])
	}
	if hot.at[cfgBAR0/4] != 0xfea00000 {
		t.Errorf("a late card in a slot got %#x", hot.at[cfgBAR0/4])
	}
	if w := numbered.window(); numbered.at[cfgBuses/4] != 0x050400 || w.next != 0x10100000 || uint64(half.at[cfgBAR0/4]) != w.next {
		t.Errorf("behind a bridge that had numbers only: %#x, BAR %#x", numbered.at, half.at[cfgBAR0/4])
	}
}

// TestScanHostile: bridges that lead to themselves, to each other, upwards, and
// nowhere; the scan ends and says which numbers are impossible.
func TestScanHostile(t *testing.T) {
	loop := topology{}
	for d := range uint8(devices) {
		loop[[2]uint8{d, 0}] = bridge(0xff0100, 0, loop)
	}
	names, _, said := scanFake(loop)
	if len(names) != 0 || len(said) == 0 || !strings.Contains(said[0], errBridge.Error()) {
		t.Errorf("%q, %q", names, said)
	}
	// As many bridges below each other as there are numbers, and one more.
	var chain topology
	for range buses {
		chain = topology{{0, 0}: bridge(0, 0, chain)}
	}
	if _, _, said := scanFake(chain); len(said) != 1 || !strings.Contains(said[0], errBuses.Error()) {
		t.Errorf("%q", said)
	}
	for _, numbers := range []uint32{0x000100, 0x010200} {
		if _, _, said := scanFake(topology{{0, 0}: bridge(numbers, 0, topology{{0, 0}: plain(16)})}); len(said) != 1 {
			t.Errorf("%#x: %q", numbers, said)
		}
	}
	// A card that says it has an address behind a bridge that passes nothing on: what
	// comes after it still gets addresses that are free.
	liar, after := plain(0x1000), plain(0x1000)
	liar.at[cfgCommand/4] = commandMemory
	scanFake(topology{{1, 0}: bridge(0, 0, topology{{0, 0}: liar}), {2, 0}: after})
	if got := after.at[cfgBAR0/4]; got != 0x10100000 {
		t.Errorf("a card after that is at %#x", got)
	}
	// No memory left: said, and what has its own place is found.
	names, _, said = scanFake(topology{{0, 0}: bridge(0, 0, topology{{0, 0}: plain(1 << 30), {1, 0}: plain(0x1000)})})
	wantNames(t, names, []string{"PCI 01:01.0"})
	if len(said) != 1 || !strings.Contains(said[0], errWindow.Error()) {
		t.Errorf("%q", said)
	}
}

// TestOrigin: the pins turn by the device number at each bridge.
func TestOrigin(t *testing.T) {
	root := &function{bdf: bdf{0, 2, 3}}
	middle := &function{bdf: bdf{1, 5, 0}, up: root}
	f := &function{bdf: bdf{2, 2, 0}, up: middle}
	for pin, want := range []uint8{0, 4, 1, 2, 3} {
		if at, got := f.origin(uint8(pin)); pin > 0 && (got != want || at != root.bdf) || pin == 0 && got != 0 {
			t.Errorf("pin %d: %d of %v, want %d", pin, got, at, want)
		}
	}
}
