//go:build arm64

package arm64

// Descriptors of stage 1 with the 4 KiB granule (D8.3).
const (
	PTEPresent = 1 << 0
	pteTable   = 1 << 1 // a table, or on the last level a page; a block without
	pteDevice  = 1 << 2 // AttrIndx 1 of the two in MAIR_EL1; 0 is normal memory
	pteRead    = 1 << 7 // AP[2]: read-only
	pteShared  = 3 << 8 // inner shareable
	pteAccess  = 1 << 10
	ptePXN     = 1 << 53 // not executable at EL1
	pteUXN     = 1 << 54 // nor at EL0, where nothing runs

	PTEAddr = 0x0000fffffffff000

	// PTETable is what an entry that names a lower table has beside its address.
	PTETable = PTEPresent | pteTable
	// PTEDevice is a 4 KiB page of device registers.
	PTEDevice = PTEPresent | pteTable | pteDevice | pteAccess | ptePXN | pteUXN
)

// PTEPage returns the bits of a readable 4 KiB page.
func PTEPage(write, exec bool) uint64 {
	b := uint64(PTEPresent | pteTable | pteShared | pteAccess | pteUXN)
	if !write {
		b |= pteRead
	}
	if !exec {
		b |= ptePXN
	}
	return b
}

// PTEBlock turns the bits of a 4 KiB page into those of a 2 MiB or 1 GiB one.
func PTEBlock(page uint64) uint64 { return page &^ pteTable }

// PTEIsTable tells whether an upper entry that is present names a lower table.
func PTEIsTable(e uint64) bool { return e&pteTable != 0 }

// HasGiantPages tells whether a leaf can be 1 GiB: always, with this granule.
func HasGiantPages() bool { return true }

// Fault codes, in the terms that all processors share. Permission faults are
// of pages that are present.
const (
	FaultPresent = 1 << 0
	FaultWrite   = 1 << 1
	FaultFetch   = 1 << 2
)

// Exception classes, ESR_EL1.EC (D19.2.37).
const (
	ClassUnknown    = 0x00
	ClassBranch     = 0x0d // branch target exception
	ClassIllegal    = 0x0e
	ClassSVC        = 0x15
	ClassSystem     = 0x18 // trapped MSR, MRS or system instruction
	ClassSVE        = 0x19
	ClassPAC        = 0x1c
	ClassSME        = 0x1d
	ClassFetch      = 0x21 // instruction abort, same level
	ClassPCAlign    = 0x22
	ClassData       = 0x25 // data abort, same level
	ClassSPAlign    = 0x26
	ClassFP         = 0x2c
	ClassBreakpoint = 0x31
	ClassStep       = 0x33
	ClassWatchpoint = 0x35
	ClassBRK        = 0x3c
)

// Class returns the exception class of a syndrome.
func Class(esr uint64) uint64 { return esr >> 26 & 0x3f }

// Status codes of aborts, the low six bits of the syndrome, less the level.
const (
	statusTranslation = 0x04
	statusAccessFlag  = 0x08
	statusPermission  = 0x0c
	statusLevel       = 0x03
	statusMask        = 0x3f

	abortWrite = 1 << 6 // WnR
)

// PageFault returns an abort's fault code; ok is false for an exception that
// no page table can put right.
func PageFault(esr uint64) (code uint64, ok bool) {
	class := Class(esr)
	if class != ClassData && class != ClassFetch {
		return 0, false
	}
	switch esr & statusMask &^ statusLevel {
	case statusTranslation:
	case statusPermission, statusAccessFlag:
		code = FaultPresent
	default:
		return 0, false
	}
	if class == ClassFetch {
		return code | FaultFetch, true
	}
	if esr&abortWrite != 0 {
		code |= FaultWrite
	}
	return code, true
}
