//go:build yolk

package files

import (
	"syscall"
	"unsafe"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/rng"
	"yolk/kernel/device"
	"yolk/kernel/linux"
	"yolk/plat/kvm/bus"
)

// seed feeds the kernel's random number generator from the first virtio-rng
// that answers. kernel/file calls it when the generator has no seed, perhaps
// before any package of ours has been initialised.
//
//go:linkname seed yolk/kernel/file.seedRandom
func seed() bool {
	for _, d := range bus.Find(virtio.IDRng, func(string, ...any) {}) {
		source, err := rng.New(d.Transport, device.Memory{})
		if err != nil {
			continue
		}
		var words [linux.SeedWords]uint64
		p := unsafe.Pointer(&words)
		if _, err := source.Read(unsafe.Slice((*byte)(p), unsafe.Sizeof(words))); err != nil {
			continue
		}
		_, _, e := syscall.RawSyscall(linux.SysSeed, uintptr(p), 0, 0)
		clear(words[:])
		if e == 0 {
			return true
		}
	}
	return false
}
