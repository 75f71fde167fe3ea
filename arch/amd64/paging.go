//go:build amd64

package amd64

// Page-table entry bits (SDM 3A, 4.5.4, table 4-20).
const (
	PTEPresent  = 1 << 0
	pteWrite    = 1 << 1
	pteWT       = 1 << 3
	pteUncached = 1 << 4 // PCD; with PWT, PAT entry 3: UC
	pteAccessed = 1 << 5
	pteDirty    = 1 << 6
	pteLarge    = 1 << 7 // 2 MiB or 1 GiB leaf
	pteNoExec   = 1 << 63

	PTEAddr = 0x000ffffffffff000

	// PTETable is what an entry that names a lower table has beside its address.
	PTETable = PTEPresent | pteWrite
	// PTEDevice is a 4 KiB page of device registers.
	PTEDevice = PTEPresent | pteAccessed | pteDirty | pteWrite | pteNoExec | pteUncached | pteWT
)

// PTEPage returns the bits of a readable 4 KiB page.
func PTEPage(write, exec bool) uint64 {
	b := uint64(PTEPresent | pteAccessed | pteDirty)
	if write {
		b |= pteWrite
	}
	if !exec {
		b |= pteNoExec
	}
	return b
}

// PTEBlock turns the bits of a 4 KiB page into those of a 2 MiB or 1 GiB one.
func PTEBlock(page uint64) uint64 { return page | pteLarge }

// PTEIsTable tells whether an upper entry that is present names a lower table.
func PTEIsTable(e uint64) bool { return e&pteLarge == 0 }

// HasGiantPages tells whether a leaf can be 1 GiB.
func HasGiantPages() bool {
	_, _, _, d := CPUID(0x80000001, 0)
	return d&(1<<26) != 0
}

// UseTables makes this CPU translate by the top table at physical address root.
func UseTables(root uint64) { WriteCR3(root) }

// BroadcastTLB says whether InvalidatePage reaches every processor.
const BroadcastTLB = false

// FlushTLB drops all translations on this processor: none are global.
func FlushTLB() { WriteCR3(ReadCR3()) }

// Page-fault error code bits (SDM 3A, 4.7).
const (
	FaultWrite = 1 << 1
	FaultFetch = 1 << 4
)

// Exceptions (SDM 3A, 6.15).
const (
	VectorDivide     = 0
	VectorDebug      = 1
	VectorNMI        = 2
	VectorBreakpoint = 3
	VectorInvalidOp  = 6
	VectorDoubleFlt  = 8
	VectorPage       = 14
	VectorFPU        = 16
	VectorSIMD       = 19
)
