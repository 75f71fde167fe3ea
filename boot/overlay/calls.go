package overlay

// A Call is one Linux system call that package syscall hands to
// yolk/kernel/file.Handle as an ordinary function call instead of trapping.
type Call struct {
	Nr   int    // call number, below [TableSize]
	Name string // as in the Linux man-pages, section 2
	Ptrs uint8  // bit i set: argument i (0..5) points to memory of the caller
}

// TableSize is the length of the generated table; every call number of the
// supported architectures that takes a descriptor or a path is below it.
const TableSize = 512

// Handled is the bit of a table entry that says "do not trap".
const Handled = 1 << 7

// Bits of a pointer mask, by argument.
const (
	p0 = 1 << iota
	p1
	p2
	p3
	p4
	p5
)

// table renders calls as the bytes of syscall.yolkTable: bit 7 handled, bits
// 0..5 the pointer mask.
func table(calls []Call) [TableSize]uint8 {
	var t [TableSize]uint8
	for _, c := range calls {
		t[c.Nr] = Handled | c.Ptrs
	}
	return t
}
