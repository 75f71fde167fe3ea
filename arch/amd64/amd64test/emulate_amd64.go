package amd64test

import (
	"math/bits"
	"unsafe"

	"yolk/arch/amd64"
)

// A context is the part of struct ucontext that counts here.
type context struct {
	_                                  [5]uint64
	r8, r9, r10, r11                   uint64
	r12, r13, r14, r15                 uint64
	di, si, bp, bx, dx, ax, cx, sp, pc uint64
}

// emulate executes the instruction at which a signal came, if it is one of those that
// package amd64 has and a process may not. It runs on the signal stack: it and what it
// calls neither grow the stack nor know of the race detector.
//
//go:nosplit
//go:norace
//go:nocheckptr
func emulate(c *context) bool {
	code := (*[4]byte)(unsafe.Pointer(uintptr(c.pc)))
	size, n := uint64(4), uint64(1) // of the operand, of the instruction
	op := code[0]
	if op == 0x66 {
		size, op, n = 2, code[1], 2
	}
	switch op {
	case 0xee, 0xef, 0xec, 0xed:
		if op&1 == 0 {
			size = 1
		}
		port := uint16(c.dx)
		if op >= 0xee {
			out(port, c.ax&(1<<(8*size)-1))
		} else {
			c.ax = in(port)
		}
	case 0xfa: // CLI
		m.enabled = false
	case 0xfb: // STI
		m.enabled = true
	case 0xf4: // HLT: an interrupt comes at once, if any can
		if !m.enabled {
			note(Halt, 0, 0)
			return false
		}
	case 0x0f:
		n = 3
		switch {
		case code[1] == 0x30: // WRMSR
			n = 2
			v := c.dx<<32 | c.ax&0xffffffff
			writeMSR(c.cx, v)
			note(WriteMSR, c.cx, v)
		case code[1] == 0x32: // RDMSR
			n = 2
			v := readMSR(c.cx)
			c.ax, c.dx = v&0xffffffff, v>>32
			note(ReadMSR, c.cx, v)
		case code[1] == 0x22: // MOV AX, CRn
			r := code[2] >> 3 & 7
			m.cr[r] = c.ax
			note(WriteCR, uint64(r), c.ax)
		case code[1] == 0x20: // MOV CRn, AX
			r := code[2] >> 3 & 7
			c.ax = m.cr[r]
			note(ReadCR, uint64(r), c.ax)
		case code[1] == 0x01 && code[2] == 0x38: // INVLPG (AX)
			note(Invalidate, c.ax, 0)
		case code[1] == 0x01 && code[2] == 0xd1: // XSETBV
			note(WriteXCR, c.cx, c.dx<<32|c.ax&0xffffffff)
		case code[1] == 0x01 && (code[2] == 0x10 || code[2] == 0x18), // LGDT (AX), LIDT (AX)
			code[1] == 0x00 && code[2] == 0xd8: // LTR AX
			note(Load, uint64(code[2]), c.ax)
		case code[1] == 0x01 && code[2] == 0x1c: // LIDT (SP)
			note(Reset, 0, 0)
			return false
		default:
			return false
		}
	default:
		return false
	}
	c.pc += n
	return true
}

//go:nosplit
//go:norace
func note(op Op, at, value uint64) {
	if uint(m.count) < maxEvents {
		m.events[m.count] = Event{op, at, value}
		m.count++
	}
}

//go:nosplit
//go:norace
func writeMSR(reg, v uint64) {
	i := 0
	for i < m.numMSRs && m.msrs[i&(maxMSRs-1)].reg != reg {
		i++
	}
	if i == m.numMSRs {
		m.numMSRs++
	}
	m.msrs[i&(maxMSRs-1)].reg, m.msrs[i&(maxMSRs-1)].value = reg, v
}

//go:nosplit
//go:norace
func readMSR(reg uint64) uint64 {
	for i := 0; i < m.numMSRs; i++ {
		if m.msrs[i&(maxMSRs-1)].reg == reg {
			return m.msrs[i&(maxMSRs-1)].value
		}
	}
	return 0
}

// Ports with a model behind them.
const (
	pitHz      = 1193182
	pitData    = 0x40
	pitControl = 0x43
	cmosIndex  = 0x70
	cmosData   = 0x71
)

//go:nosplit
//go:norace
func out(port uint16, v uint64) {
	switch {
	case port == pitControl && v>>4 == 0 && m.pit.hz != 0: // latch channel 0, which counts down
		hi, lo := bits.Mul64(amd64.TSC(), pitHz)
		hi %= m.pit.hz
		ticks, _ := bits.Div64(hi, lo, m.pit.hz)
		m.pit.latched = -ticks & 0xffff
	case port == cmosIndex:
		m.cmos.index = uint8(v) & 127
	}
	note(Out, uint64(port), v)
}

//go:nosplit
//go:norace
func in(port uint16) (v uint64) {
	switch {
	case port == pitData && m.pit.hz != 0:
		v = m.pit.latched & 0xff
		m.pit.latched >>= 8
	case port == cmosData:
		v = uint64(m.cmos.regs[m.cmos.index])
	default:
		v = uint64(m.ports[port])
		for i := 0; i < m.scripted; i++ {
			if s := &m.script[i&(maxScript-1)]; s.port == port {
				v = uint64(s.value)
				for ; i+1 < m.scripted; i++ {
					m.script[i&(maxScript-1)] = m.script[(i+1)&(maxScript-1)]
				}
				m.scripted--
				break
			}
		}
	}
	note(In, uint64(port), v)
	return v
}
