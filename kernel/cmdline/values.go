package cmdline

import (
	"math"
	"math/bits"
)

// Cut splits an option into what is before and after its first '='. Both are
// parts of tok; value ends in the token's NUL. found is false, and value nil,
// for an option without '='. Comparing string(key) with a constant does not
// allocate.
func Cut(tok []byte) (key, value []byte, found bool) {
	for i, c := range tok {
		if c == '=' {
			return tok[:i:i], tok[i+1:], true
		}
	}
	return tok, nil, false
}

// An MMIODevice is the place of a virtio-mmio device on the machine's bus.
type MMIODevice struct {
	Base uint64 // physical address of its registers
	Size uint64 // bytes of registers
	IRQ  uint32 // interrupt line, as the machine's I/O APIC numbers it
}

// ParseDevice reads a token of kind Device:
//
//	virtio_mmio.device=<size>[KMG]@<base>:<irq>[:<id>]
//
// with numbers as in C, decimal or after 0x hexadecimal. The id, which only
// names the device, is ignored. ok is false when tok is anything else.
// Source: Linux, Documentation/admin-guide/kernel-parameters.txt.
func ParseDevice(tok []byte) (d MMIODevice, ok bool) {
	if !hasPrefix(tok, devicePrefix) {
		return d, false
	}
	rest := tok[len(devicePrefix):]
	size, n := number(rest)
	rest = rest[n:]
	shift := suffix(rest)
	if shift != 0 {
		rest = rest[1:]
	}
	if n == 0 || len(rest) == 0 || rest[0] != '@' || bits.Len64(size)+shift > 64 {
		return d, false
	}
	base, n := number(rest[1:])
	rest = rest[1+n:]
	if n == 0 || len(rest) == 0 || rest[0] != ':' {
		return d, false
	}
	irq, n := number(rest[1:])
	rest = rest[1+n:]
	if n == 0 || irq > 1<<32-1 || len(rest) > 0 && rest[0] != ':' {
		return d, false
	}
	return MMIODevice{Base: base, Size: size << shift, IRQ: uint32(irq)}, true
}

// ParseSeconds reads an option's whole value as a time in seconds since 1970,
// up to 2262, when nanoseconds in an int64 end.
func ParseSeconds(v []byte) (s uint64, ok bool) {
	s, n := number(v)
	return s, n > 0 && n == len(v) && s <= math.MaxInt64/1_000_000_000
}

// suffix returns the shift that a size suffix at the start of b stands for, 0
// when there is none.
func suffix(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case 'k', 'K':
		return 10
	case 'm', 'M':
		return 20
	case 'g', 'G':
		return 30
	}
	return 0
}

// number reads an unsigned number at the start of b and returns it with the
// bytes it took: 0 when there is none, or when it does not fit 64 bits.
func number(b []byte) (v uint64, n int) {
	base := uint64(10)
	if len(b) > 2 && b[0] == '0' && b[1]|0x20 == 'x' && digit(b[2]) < 16 {
		base, n = 16, 2
	}
	for n < len(b) {
		d := uint64(digit(b[n]))
		if d >= base {
			break
		}
		hi, lo := bits.Mul64(v, base)
		sum, carry := bits.Add64(lo, d, 0)
		if hi != 0 || carry != 0 {
			return 0, 0
		}
		v = sum
		n++
	}
	return v, n
}
