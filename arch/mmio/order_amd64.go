package mmio

// The processor keeps accesses to uncached memory in order among themselves and
// with other stores (SDM 3A, 9.2.2 and 12.3).
func barrier() {}

func flush(va, n uintptr) {}
