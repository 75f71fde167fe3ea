// Package bootinfo is what the boot sequence leaves for the libraries above it.
// Kernel boot writes it before the Go runtime starts, so there are addresses
// instead of pointers, and nothing to initialise. It imports nothing.
package bootinfo

// A Range is memory that is never freed or changed.
type Range struct{ Addr, Length uintptr }

var (
	// Archive holds the files packed into the image, a cpio archive in the
	// newc format; empty when there are none.
	Archive Range

	// Folder holds the path of the first current folder, the cwd= option of
	// the command line.
	Folder Range

	// FileLimit is the most bytes that files may take of memory; 0 is no limit.
	FileLimit int64
)
