package file

// Numbers in what calls read and write, in the order that both architectures have.

func put64(p []byte, v uint64) {
	_ = p[7]
	for k := range 8 {
		p[k] = byte(v >> (8 * k))
	}
}

func get64(p []byte) (v uint64) {
	_ = p[7]
	for k := range 8 {
		v |= uint64(p[k]) << (8 * k)
	}
	return v
}

func get32(p []byte) int32 {
	return int32(uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24)
}

func put32(p []byte, v uint32) {
	p[0], p[1], p[2], p[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}
