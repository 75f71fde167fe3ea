package entropy

import "math/bits"

// blakeIV is the initial state of BLAKE2s. RFC 7693, section 2.6.
var blakeIV = [8]uint32{
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
}

// blakeSigma is the order of message words in each round. RFC 7693, section 2.7.
var blakeSigma = [10][16]uint8{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}

// mac replaces key with the keyed BLAKE2s-256 of data. RFC 7693, section 3.3:
// the first block is the key, padded with zeros.
func mac(key *[keySize]byte, data []byte) {
	h := blakeIV
	h[0] ^= 0x01010000 ^ keySize<<8 ^ keySize // parameter block: key and digest lengths
	var b [blockSize]byte
	copy(b[:], key[:])
	count := uint64(blockSize)
	compress(&h, &b, count, len(data) == 0)
	for len(data) > 0 {
		clear(b[:])
		n := copy(b[:], data)
		data = data[n:]
		count += uint64(n)
		compress(&h, &b, count, len(data) == 0)
	}
	for i, w := range h {
		store32(key[4*i:], w)
	}
	wipe(b[:])
	wipe32(h[:])
}

// compress is the function F of RFC 7693, section 3.2: it works block b into the
// state h. count is the number of bytes hashed so far, this block's included.
func compress(h *[8]uint32, b *[blockSize]byte, count uint64, last bool) {
	var m, v [16]uint32
	for i := range m {
		m[i] = load32(b[4*i:])
	}
	copy(v[:8], h[:])
	copy(v[8:], blakeIV[:])
	v[12] ^= uint32(count)
	v[13] ^= uint32(count >> 32)
	if last {
		v[14] = ^v[14]
	}
	for r := range blakeSigma {
		s := &blakeSigma[r]
		mix(&v, 0, 4, 8, 12, m[s[0]&15], m[s[1]&15])
		mix(&v, 1, 5, 9, 13, m[s[2]&15], m[s[3]&15])
		mix(&v, 2, 6, 10, 14, m[s[4]&15], m[s[5]&15])
		mix(&v, 3, 7, 11, 15, m[s[6]&15], m[s[7]&15])
		mix(&v, 0, 5, 10, 15, m[s[8]&15], m[s[9]&15])
		mix(&v, 1, 6, 11, 12, m[s[10]&15], m[s[11]&15])
		mix(&v, 2, 7, 8, 13, m[s[12]&15], m[s[13]&15])
		mix(&v, 3, 4, 9, 14, m[s[14]&15], m[s[15]&15])
	}
	for i := range h {
		h[i] ^= v[i] ^ v[i+8]
	}
	wipe32(m[:])
	wipe32(v[:])
}

// mix is the function G of RFC 7693, section 3.1.
func mix(v *[16]uint32, a, b, c, d int, x, y uint32) {
	v[a] += v[b] + x
	v[d] = bits.RotateLeft32(v[d]^v[a], -16)
	v[c] += v[d]
	v[b] = bits.RotateLeft32(v[b]^v[c], -12)
	v[a] += v[b] + y
	v[d] = bits.RotateLeft32(v[d]^v[a], -8)
	v[c] += v[d]
	v[b] = bits.RotateLeft32(v[b]^v[c], -7)
}
