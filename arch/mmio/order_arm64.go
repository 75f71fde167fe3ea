package mmio

func barrier()
func flush(va, n uintptr)
