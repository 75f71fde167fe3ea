package file

// Numbers that package syscall lacks or that differ between architectures.
// Source: Linux 6.1 include/uapi/asm-generic/fcntl.h and
// arch/arm64/include/uapi/asm/fcntl.h.
const (
	oDirect    = 0x10000
	oPath      = 0x200000
	oLargefile = 0x20000
	oTmpfile   = 0x400000 // without O_DIRECTORY, which goes with it
	oNofollow  = 0x8000
)
