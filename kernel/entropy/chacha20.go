package entropy

import "math/bits"

const (
	keySize   = 32
	blockSize = 64
)

// block writes ChaCha20 keystream block number counter of key, with an all-zero
// nonce, to out. RFC 8439, section 2.3.
func block(out *[blockSize]byte, key *[keySize]byte, counter uint32) {
	var s [16]uint32
	s[0], s[1], s[2], s[3] = 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 // "expand 32-byte k"
	for i := range 8 {
		s[4+i] = load32(key[4*i:])
	}
	s[12] = counter
	x := s
	for range 10 {
		x[0], x[4], x[8], x[12] = quarter(x[0], x[4], x[8], x[12])
		x[1], x[5], x[9], x[13] = quarter(x[1], x[5], x[9], x[13])
		x[2], x[6], x[10], x[14] = quarter(x[2], x[6], x[10], x[14])
		x[3], x[7], x[11], x[15] = quarter(x[3], x[7], x[11], x[15])
		x[0], x[5], x[10], x[15] = quarter(x[0], x[5], x[10], x[15])
		x[1], x[6], x[11], x[12] = quarter(x[1], x[6], x[11], x[12])
		x[2], x[7], x[8], x[13] = quarter(x[2], x[7], x[8], x[13])
		x[3], x[4], x[9], x[14] = quarter(x[3], x[4], x[9], x[14])
	}
	for i := range x {
		store32(out[4*i:], x[i]+s[i])
	}
	wipe32(s[:])
	wipe32(x[:])
}

// quarter is the quarter round of RFC 8439, section 2.1.
func quarter(a, b, c, d uint32) (uint32, uint32, uint32, uint32) {
	a += b
	d = bits.RotateLeft32(d^a, 16)
	c += d
	b = bits.RotateLeft32(b^c, 12)
	a += b
	d = bits.RotateLeft32(d^a, 8)
	c += d
	b = bits.RotateLeft32(b^c, 7)
	return a, b, c, d
}

// load32 reads a little-endian word.
func load32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// store32 writes a little-endian word.
func store32(b []byte, v uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// wipe and wipe32 erase secrets from the stack. They are not inlined, so that
// the compiler cannot see that nobody reads what they write.

//go:noinline
func wipe(b []byte) { clear(b) }

//go:noinline
func wipe32(w []uint32) { clear(w) }
