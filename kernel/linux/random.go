package linux

import (
	"yolk/arch"
	"yolk/kernel/entropy"
	"yolk/kernel/mem"
	"yolk/kernel/smp"
)

// Random is the machine's random number generator.
var (
	Random     entropy.Generator // after boot only with randomLock
	randomLock smp.Lock
)

// device is a virtio-rng's output that sysSeed was handed, drawn word by word so
// that it takes the same health test as the processor's.
var (
	device       = entropy.Source{Draw: deviceWord, Bits: 64}
	deviceWords  [SeedWords]uint64
	deviceUnread int
)

// SeedWords is how many words SysSeed takes.
const SeedWords = 16

func deviceWord() (uint64, bool) {
	if deviceUnread == 0 {
		return 0, false
	}
	deviceUnread--
	return deviceWords[deviceUnread], true
}

// sysSeed (p) seeds Random from SeedWords words of a hardware source.
func sysSeed(f *arch.Frame) {
	if !user(f.A0(), SeedWords*8) {
		f.Return(fail(errFAULT))
		return
	}
	randomLock.Lock()
	for i := range deviceWords {
		deviceWords[i] = *u64(f.A0() + uint64(i)*8)
	}
	deviceUnread = SeedWords
	f.Return(status(Random.Reseed(&device) == entropy.OK, errIO))
	clear(deviceWords[:])
	randomLock.Unlock()
}

// chosen is the index in processor of the generator in use; -1: none.
var chosen = -1

// SeedRandom seeds Random from the processor. It reports false when that has
// no generator, or none that passes its health test.
func SeedRandom() bool {
	for i := range processor {
		if present(i) && Random.Reseed(&processor[i]) == entropy.OK {
			chosen = i
			return true
		}
	}
	return false
}

// sysGetrandom (p, n, flags) never returns predictable bytes: without a seed
// it fails with EAGAIN, and the platform then seeds from a device.
func sysGetrandom(f *arch.Frame) {
	if !user(f.A0(), f.A1()) {
		f.Return(fail(errFAULT))
		return
	}
	randomLock.Lock()
	if chosen >= 0 { // one that has run dry leaves the generator as good as it was
		Random.Refresh(&processor[chosen])
	}
	n := min(f.A1(), 1<<20)
	if Random.Read(mem.Bytes(uintptr(f.A0()), n)) {
		f.Return(n)
	} else {
		f.Return(fail(errAGAIN))
	}
	randomLock.Unlock()
}
