package syscalls

import (
	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/clock"
	"yolk/kernel/entropy"
	"yolk/kernel/machine"
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
	deviceWords  [abi.SeedWords]uint64
	deviceUnread int
)

func deviceWord() (uint64, bool) {
	if deviceUnread == 0 {
		return 0, false
	}
	deviceUnread--
	return deviceWords[deviceUnread], true
}

// sysSeed (p) seeds Random from SeedWords words of a hardware source.
func sysSeed(f *arch.Frame) {
	if !user(f.A0(), abi.SeedWords*8) {
		f.Return(fail(errFAULT))
		return
	}
	randomLock.Lock()
	for i := range deviceWords {
		deviceWords[i] = *u64(f.A0() + uint64(i)*8)
	}
	deviceUnread = abi.SeedWords
	f.Return(status(Random.Reseed(&device, clock.Now()) == entropy.OK, errIO))
	clear(deviceWords[:])
	randomLock.Unlock()
}

// machineWord is of the machine's own generator, the last of sources.
func machineWord() (uint64, bool) { return machine.This.Random() }

// offers tells whether generator i is worth asking. The machine's says itself that it is
// not there.
func offers(i int) bool { return i == len(sources)-1 || present(i) }

// chosen is the index in sources of the generator in use; -1: none.
var chosen = -1

// SeedRandom seeds Random from the processor or the machine. It reports false when
// these have no generator, or none that passes its health test.
func SeedRandom() bool {
	for i := range sources {
		if offers(i) && Random.Reseed(&sources[i], clock.Now()) == entropy.OK {
			chosen = i
			return true
		}
	}
	return false
}

// renew gives Random what it needs before it is read: new material when that is due,
// and, because this memory may be a copy of another machine's, something that the other
// has not. A generation id tells which it is; without one each reading is made
// different. It reports false when that is a device's to give.
func renew() bool {
	has, changed := lookGeneration()
	now := clock.Now()
	if chosen < 0 {
		return Random.Insecure() || has && !changed && !Random.Due(now)
	}
	// A source that has run dry leaves the generator as good as it was.
	if src := &sources[chosen]; changed {
		Random.Reseed(src, now)
	} else {
		Random.Refresh(src, now)
	}
	for i := chosen; !has && i < len(sources); i++ {
		if (i == chosen || offers(i)) && Random.Stir(&sources[i]) == entropy.OK {
			break
		}
	}
	return true
}

// sysRandom (p, n, how) never returns predictable bytes. With EAGAIN it asks the
// platform for SysSeed, and to be called again with RandomAnyway; without any seed it
// fails then too.
func sysRandom(f *arch.Frame) { draw(f, f.A2() == abi.RandomAnyway) }

// sysGetrandom (p, n, flags) is sysRandom for who cannot ask the platform.
func sysGetrandom(f *arch.Frame) { draw(f, true) }

func draw(f *arch.Frame, anyway bool) {
	if !user(f.A0(), f.A1()) {
		f.Return(fail(errFAULT))
		return
	}
	randomLock.Lock()
	n := min(f.A1(), 1<<20)
	if (renew() || anyway) && Random.Read(mem.Bytes(uintptr(f.A0()), n)) {
		f.Return(n)
	} else {
		f.Return(fail(errAGAIN))
	}
	randomLock.Unlock()
}
