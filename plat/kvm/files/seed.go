//go:build yolk

package files

import (
	"sync"
	"syscall"
	"unsafe"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/rng"
	"yolk/kernel/abi"
	"yolk/kernel/posix/device"
	"yolk/plat/kvm/bus"
)

// source is the virtio-rng in use, which is asked again and again.
var source struct {
	sync.Mutex
	dev *rng.Device
}

// seed feeds the kernel's random number generator from the first virtio-rng
// that answers. kernel/posix/file calls it when the generator wants that, perhaps
// before any package of ours has been initialised.
//
//go:linkname seed yolk/kernel/posix/file.seedRandom
func seed() bool {
	source.Lock()
	defer source.Unlock()
	if source.dev != nil && feed(source.dev) {
		return true
	}
	source.dev = nil
	for _, d := range bus.Find(virtio.IDRng, func(string, ...any) {}) {
		dev, err := rng.New(d.Transport, device.Memory{})
		if err == nil && feed(dev) {
			source.dev = dev
			return true
		}
	}
	return false
}

// feed seeds the generator from dev.
func feed(dev *rng.Device) bool {
	var words [abi.SeedWords]uint64
	p := unsafe.Pointer(&words)
	if _, err := dev.Read(unsafe.Slice((*byte)(p), unsafe.Sizeof(words))); err != nil {
		return false
	}
	_, _, e := syscall.RawSyscall(abi.SysSeed, uintptr(p), 0, 0)
	clear(words[:])
	return e == 0
}
