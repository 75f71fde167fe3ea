//go:build arm64

package arm64

// A feature is a bit of the auxiliary vector's AT_HWCAP (Linux
// Documentation/arch/arm64/elf_hwcaps.rst) and the field of an identification
// register that says it is there (D19.2).
type feature struct {
	bit   uint8
	shift uint8 // of the four-bit field
	least uint8 // its value from which on the feature is there
}

// What programs may use. SVE, SME and pointer authentication are not among it,
// because they are off; nor is what only newer Linux tells.
var (
	isar0Features = [...]feature{
		{3, 4, 1},   // AES
		{4, 4, 2},   // PMULL
		{5, 8, 1},   // SHA1
		{6, 12, 1},  // SHA2
		{7, 16, 1},  // CRC32
		{8, 20, 2},  // ATOMICS
		{12, 28, 1}, // ASIMDRDM
		{17, 32, 1}, // SHA3
		{18, 36, 1}, // SM3
		{19, 40, 1}, // SM4
		{20, 44, 1}, // ASIMDDP
		{21, 12, 2}, // SHA512
		{23, 48, 1}, // ASIMDFHM
	}
	isar1Features = [...]feature{
		{13, 12, 1}, // JSCVT
		{14, 16, 1}, // FCMA
		{15, 20, 1}, // LRCPC
		{16, 0, 1},  // DCPOP
	}
	pfr0Features = [...]feature{
		{24, 48, 1}, // DIT
	}
)

// HWCap returns AT_HWCAP: what the processor has of what Go and its libraries
// look for.
func HWCap() uint64 {
	const fp, asimd, fphp, asimdhp, cpuid = 1 << 0, 1 << 1, 1 << 9, 1 << 10, 1 << 11
	v := uint64(fp | asimd | cpuid) // identification registers can be read at EL1
	pfr0 := ReadPFR0()
	if pfr0>>16&15 == 1 { // half precision; 15 would be no floating point at all
		v |= fphp | asimdhp
	}
	return v | features(ReadISAR0(), isar0Features[:]) | features(ReadISAR1(), isar1Features[:]) | features(pfr0, pfr0Features[:])
}

func features(register uint64, list []feature) (v uint64) {
	for _, f := range list {
		if uint8(register>>f.shift&15) >= f.least {
			v |= 1 << f.bit
		}
	}
	return v
}
