package linux

import (
	"yolk/arch/amd64"
	"yolk/kernel/entropy"
	"yolk/kernel/mem"
)

// Random is the machine's random number generator.
var Random entropy.Generator

// The processor's generators. RDSEED's words are full entropy; RDRAND's come
// from a DRBG that is reseeded now and then, so they are credited less (Intel
// DRNG guide, section 3.2).
var (
	rdseed = entropy.Source{Draw: amd64.RDSEED, Bits: 64}
	rdrand = entropy.Source{Draw: amd64.RDRAND, Bits: 32}

	useSeed, useRand bool
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
func sysSeed(f *amd64.Frame) {
	if !user(f.DI, SeedWords*8) {
		f.AX = fail(errFAULT)
		return
	}
	for i := range deviceWords {
		deviceWords[i] = *u64(f.DI + uint64(i)*8)
	}
	deviceUnread = SeedWords
	f.AX = status(Random.Reseed(&device) == entropy.OK, errIO)
	clear(deviceWords[:])
}

// SeedRandom seeds Random from the processor. It reports false when that has
// no generator, or none that passes its health test.
func SeedRandom() bool {
	if max, _, _, _ := amd64.CPUID(0, 0); max >= 7 {
		_, b, _, _ := amd64.CPUID(7, 0)
		useSeed = b&(1<<18) != 0
	}
	_, _, c, _ := amd64.CPUID(1, 0)
	useRand = c&(1<<30) != 0
	useSeed = useSeed && Random.Reseed(&rdseed) == entropy.OK
	useRand = useRand && (useSeed || Random.Reseed(&rdrand) == entropy.OK)
	return useSeed || useRand
}

// sysGetrandom (p, n, flags) never returns predictable bytes: without a seed
// it fails with EAGAIN, and the platform then seeds from a device.
func sysGetrandom(f *amd64.Frame) {
	if !user(f.DI, f.SI) {
		f.AX = fail(errFAULT)
		return
	}
	switch { // a source that has run dry leaves the generator as good as it was
	case useSeed:
		Random.Refresh(&rdseed)
	case useRand:
		Random.Refresh(&rdrand)
	}
	n := min(f.SI, 1<<20)
	if !Random.Read(mem.Bytes(uintptr(f.DI), n)) {
		f.AX = fail(errAGAIN)
		return
	}
	f.AX = n
}
