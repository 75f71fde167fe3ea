package syscalls

import (
	"sync/atomic"
	"unsafe" // and for go:linkname

	"yolk/arch/amd64"
	"yolk/kernel/firmware/fwcfg"
	"yolk/kernel/mem"
)

// generationID is the machine's generation id, 16 bytes that QEMU's device vmgenid
// changes in our memory when the machine goes on from a snapshot or a copy of it,
// before it runs (Microsoft, "Virtual Machine Generation ID"; QEMU documentation,
// docs/specs/vmgenid). Looking at it costs less than any message would. It is the Go
// runtime's, which looks as well, and lies in the data segment, whose physical address
// is its own and below 4 GiB, which the device wants.
//
//go:linkname generationID runtime.yolkGeneration
var generationID [2]uint64

var generation = struct {
	seen  [2]uint64
	state uint8 // one of the following
}{state: notAsked}

const (
	notAsked = iota + 1
	without
	with
)

// lookGeneration tells whether the machine has a generation id, and whether that has
// changed since the last call; Random is then another's no more, but not fresh. At the
// first call it always has: what was drawn before knew nothing of copies.
func lookGeneration() (has, changed bool) {
	g := &generation
	if g.state == notAsked {
		g.state, g.seen = without, generationID
		if tellGeneration() {
			g.state = with
		}
		return g.state == with, true
	}
	id := [2]uint64{atomic.LoadUint64(&generationID[0]), atomic.LoadUint64(&generationID[1])}
	if id == g.seen {
		return g.state == with, false
	}
	g.seen = id
	Random.Seed(mem.Bytes(uintptr(unsafe.Pointer(&g.seen)), 16), 0)
	return true, true
}

// tellGeneration tells the device where the id shall be. It reports false on a machine
// without.
func tellGeneration() bool {
	pa, ok := mem.Alloc(0)
	if !ok {
		return false
	}
	at := uint64(uintptr(unsafe.Pointer(&generationID)))
	var address [8]byte
	for i := range address {
		address[i] = byte(at >> (8 * i))
	}
	ports := fwcfg.Ports{Out16: amd64.Out16, Out32: amd64.Out32, In8: amd64.In8}
	ok = fwcfg.WriteFile(ports, fwcfg.Buffer{Phys: pa, Bytes: mem.Bytes(mem.Addr(pa), fwcfg.BufferSize)}, "etc/vmgenid_addr", address[:])
	mem.Free(pa, 0)
	return ok
}
