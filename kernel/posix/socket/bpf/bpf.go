// Package bpf runs socket filters: programs of the classic Berkeley Packet Filter, which
// look at a packet and say how much of it a socket gets (SO_ATTACH_FILTER, socket(7)).
//
// A program is checked once, by Check: it then ends, for jumps lead forward only, divides by
// no constant zero, and reads no word of its memory that it has not written. What it may
// read beyond the packet ends it with 0, as on Linux.
//
// Sources: McCanne and Jacobson, "The BSD Packet Filter" (1993); Linux,
// Documentation/networking/filter.rst, for the extensions and what is refused. Not there
// are the extensions about netlink attributes, and SKF_AD_PAY_OFFSET.
//
// It may import errors and encoding/binary only.
package bpf

import "errors"

// An Instruction is struct sock_filter.
type Instruction struct {
	Code   uint16
	JT, JF uint8 // how far to jump if true, if false
	K      uint32
}

// A Program is one that Check has passed.
type Program []Instruction

// MaxLen is the most instructions a program may have (BPF_MAXINSNS).
const MaxLen = 4096

// ErrInvalid is what Check says of a program that Linux would refuse as well.
var ErrInvalid = errors.New("bpf: not a valid filter program")

// Instruction codes: a class, and by class what is loaded and how, or an operation and its
// operand.
const (
	classMask              = 0x07
	ld, ldx, st, stx       = 0x00, 0x01, 0x02, 0x03
	alu, jmp, ret, misc    = 0x04, 0x05, 0x06, 0x07
	sizeMask               = 0x18
	word, half, octet      = 0x00, 0x08, 0x10
	modeMask               = 0xe0
	imm, abs, ind          = 0x00, 0x20, 0x40
	mem, length, msh       = 0x60, 0x80, 0xa0
	opMask                 = 0xf0
	add, sub, mul, div     = 0x00, 0x10, 0x20, 0x30
	or, and, lsh, rsh      = 0x40, 0x50, 0x60, 0x70
	neg, mod, xor          = 0x80, 0x90, 0xa0
	always, eq, gt, ge, tt = 0x00, 0x10, 0x20, 0x30, 0x40
	operandX               = 0x08
	retK, retA             = 0x00, 0x10
	tax, txa               = 0x00, 0x80
)

// cells is how many words of memory a program has (BPF_MEMWORDS).
const cells = 16

// Check returns the instructions as a Program if they are one.
func Check(p []Instruction) (Program, error) {
	if len(p) == 0 || len(p) > MaxLen || p[len(p)-1].Code&classMask != ret {
		return nil, ErrInvalid
	}
	written := make([]uint16, len(p)) // which cells are, on every way to an instruction
	for i := range written {
		written[i] = 1<<cells - 1
	}
	now := uint16(0)
	for i, in := range p {
		now &= written[i]
		if !in.valid() {
			return nil, ErrInvalid
		}
		switch in.Code & classMask {
		case st, stx:
			now |= 1 << in.K
		case ld, ldx:
			if in.Code&modeMask == mem && now>>in.K&1 == 0 {
				return nil, ErrInvalid
			}
		case jmp:
			if !in.lands(i, len(p), written, now) {
				return nil, ErrInvalid
			}
			now = 1<<cells - 1 // what follows is reached by jumps only
		}
	}
	return p, nil
}

// lands marks where a jump leads to, and reports whether that is in the program.
func (in *Instruction) lands(i, n int, written []uint16, now uint16) bool {
	if in.Code&opMask == always {
		if uint64(in.K) >= uint64(n-i-1) {
			return false
		}
		written[i+1+int(in.K)] &= now
		return true
	}
	if i+1+int(max(in.JT, in.JF)) >= n {
		return false
	}
	written[i+1+int(in.JT)] &= now
	written[i+1+int(in.JF)] &= now
	return true
}

// valid reports whether the code is one that there is and K one that it can have.
func (in *Instruction) valid() bool {
	switch in.Code & classMask {
	case ld, ldx:
		return in.validLoad()
	case st, stx:
		return in.Code&^classMask == 0 && in.K < cells
	case alu:
		return in.validALU()
	case jmp:
		op := in.Code & opMask
		return in.Code&^(classMask|opMask|operandX) == 0 && op <= tt && (op != always || in.Code&operandX == 0)
	case ret:
		how := in.Code &^ classMask
		return how == retK || how == retA
	}
	how := in.Code &^ classMask
	return how == tax || how == txa
}

func (in *Instruction) validLoad() bool {
	size, mode, x := in.Code&sizeMask, in.Code&modeMask, in.Code&classMask == ldx
	switch {
	case in.Code > 0xff:
		return false
	case mode == imm, mode == length:
		return size == word
	case mode == mem:
		return size == word && in.K < cells
	case mode == msh:
		return x && size == octet
	case mode == abs && !x:
		return size <= octet && (in.K < extensions || isExtension(in.K-extensions))
	}
	return mode == ind && !x && size <= octet
}

func (in *Instruction) validALU() bool {
	op, byX := in.Code&opMask, in.Code&operandX != 0
	if in.Code&^(classMask|opMask|operandX) != 0 || op > xor || op == neg && byX {
		return false
	}
	switch op {
	case div, mod:
		return byX || in.K != 0
	case lsh, rsh:
		return byX || in.K < 32
	}
	return true
}
