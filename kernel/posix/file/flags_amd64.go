package file

// Numbers that package syscall lacks or that differ between architectures.
// Source: Linux 6.1 include/uapi/asm-generic/fcntl.h and the x86 headers.
const (
	oDirect    = 0x4000
	oPath      = 0x200000
	oLargefile = 0x8000
	oTmpfile   = 0x400000 // without O_DIRECTORY, which goes with it
	oNofollow  = 0x20000
)
