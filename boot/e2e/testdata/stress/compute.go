package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
)

// Known results, the same on every processor: IEEE 754 leaves no choice, as
// long as no multiplication is fused with an addition.
const (
	orbitSteps = 20000
	orbitSum   = 0x816cefa0df8e5b83
	digestSize = 32 << 10
	digestSum  = "a0d07f76d6d1dec11fb8f263d42830e1a99129e8814e4195284bd7842880d86e"
	crcSum     = 0xf95376dc
)

// floats iterates eight logistic maps at a time in a loop without calls, so
// that interrupts and preemption find the values in registers.
func floats() func(*rand.Rand) error {
	return func(*rand.Rand) error {
		if sum := orbit(orbitSteps); sum != orbitSum {
			return fmt.Errorf("orbit %#x, want %#x", sum, uint64(orbitSum))
		}
		return nil
	}
}

func orbit(steps int) uint64 {
	a, b, c, d, e, f, g, h := 0.11, 0.22, 0.33, 0.44, 0.55, 0.66, 0.77, 0.88
	sum := uint64(0)
	for range steps {
		a = 3.91 * a * (1 - a)
		b = 3.92 * b * (1 - b)
		c = 3.93 * c * (1 - c)
		d = 3.94 * d * (1 - d)
		e = 3.95 * e * (1 - e)
		f = 3.96 * f * (1 - f)
		g = 3.97 * g * (1 - g)
		h = math.Sqrt(3.98 * h * (1 - h) / 1.01)
		sum = sum*31 ^ math.Float64bits(a) ^ math.Float64bits(b)>>1 ^ math.Float64bits(c)>>2 ^ math.Float64bits(d)>>3 ^
			math.Float64bits(e)>>4 ^ math.Float64bits(f)>>5 ^ math.Float64bits(g)>>6 ^ math.Float64bits(h)>>7
	}
	return sum
}

// digests uses the vector registers, by the standard library's assembler.
func digests() func(*rand.Rand) error {
	text := make([]byte, digestSize)
	for i := range text {
		text[i] = byte(i * 7 >> 3)
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	return func(*rand.Rand) error {
		moved := append([]byte(nil), text...)
		sum := sha256.Sum256(moved)
		if s := hex.EncodeToString(sum[:]); s != digestSum {
			return fmt.Errorf("SHA-256 %s, want %s", s, digestSum)
		}
		if c := crc32.Checksum(moved, table); c != crcSum {
			return fmt.Errorf("CRC-32C %#x, want %#x", c, uint32(crcSum))
		}
		return nil
	}
}
