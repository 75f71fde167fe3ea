// Package bootinfo is what the boot sequence leaves for the libraries above it.
// Kernel boot writes it before the Go runtime starts, so there are addresses
// instead of pointers, and nothing to initialise. It imports nothing.
package bootinfo

// HardFiles is the most descriptors that there can be.
const HardFiles = 1 << 16

// A Range is memory that is never freed or changed.
type Range struct{ Addr, Length uintptr }

var (
	// Archive holds the files packed into the image, a cpio archive in the
	// newc format; empty when there are none.
	Archive Range

	// Folder holds the path of the first current folder, the cwd= option of
	// the command line.
	Folder Range

	// Mounts holds the mount= option of the command line: what other file systems are
	// at which places of the tree.
	Mounts Range

	// Umask is the mask of new files' modes, and MaxFiles the number of descriptors
	// (RLIMIT_NOFILE): the kernel serves their calls, which come to it by a trap, and
	// posix reads them, at any time.
	Umask    uint32 = 0o022
	MaxFiles uint32 = HardFiles

	// FileLimit is the most bytes that files may take of memory; 0 is no limit.
	FileLimit int64
)
