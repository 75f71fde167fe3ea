package machine

// Find is documented at [Machine].
type Find func(start uintptr) (why string)

// ByArch is what only PCs are asked.
type ByArch struct {
	// CPUs returns how many processors there are, where that can be known without
	// ACPI's tables: to read these takes longer than one processor's start.
	CPUs func() (n int, ok bool)
}
