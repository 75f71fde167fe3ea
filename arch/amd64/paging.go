package amd64

// Page-table entry bits (SDM 3A, 4.5.4, table 4-20).
const (
	PTEPresent  = 1 << 0
	PTEWrite    = 1 << 1
	PTEWT       = 1 << 3
	PTEUncached = 1 << 4 // PCD; with PWT, PAT entry 3: UC
	PTEAccessed = 1 << 5
	PTEDirty    = 1 << 6
	PTELarge    = 1 << 7 // 2 MiB or 1 GiB leaf
	PTENoExec   = 1 << 63

	PTEAddr = 0x000ffffffffff000
)

// Page-fault error code bits (SDM 3A, 4.7).
const (
	FaultPresent = 1 << 0
	FaultWrite   = 1 << 1
	FaultFetch   = 1 << 4
)

// Exceptions (SDM 3A, 6.15).
const (
	VectorDivide     = 0
	VectorDebug      = 1
	VectorNMI        = 2
	VectorBreakpoint = 3
	VectorInvalidOp  = 6
	VectorDoubleFlt  = 8
	VectorGP         = 13
	VectorPage       = 14
	VectorFPU        = 16
	VectorSIMD       = 19
)
