package videocore

import "fmt"

// A Board is a revision code: which board, made by whom, with how much memory
// (raspberrypi.com documentation, "Raspberry Pi revision codes"; new style, as
// all boards with this chip have).
//
//	bits 0-3 revision, 4-11 type, 12-15 processor, 16-19 maker, 20-22 memory, 23 new style
type Board uint32

const boardNewStyle = 1 << 23

// boards with a BCM2837, and with the package that contains one (Zero 2 W).
var boards = map[Board]string{
	0x04: "2 Model B", // from revision 1.2 on
	0x08: "3 Model B",
	0x0a: "Compute Module 3",
	0x0d: "3 Model B+",
	0x0e: "3 Model A+",
	0x10: "Compute Module 3+",
	0x12: "Zero 2 W",
}

// Is3B reports whether the board is a Raspberry Pi 3 Model B.
func (b Board) Is3B() bool { return b&boardNewStyle != 0 && b.kind() == 0x08 }

func (b Board) kind() Board { return b >> 4 & 0xff }

// Memory returns how much memory is soldered on, in MiB; 0 when the code does
// not say.
func (b Board) Memory() int {
	if b&boardNewStyle == 0 {
		return 0
	}
	return 256 << (b >> 20 & 7)
}

// String returns the name that is printed on the board, as the firmware puts it
// into its device tree.
func (b Board) String() string {
	name, known := boards[b.kind()]
	if !known || b&boardNewStyle == 0 {
		return fmt.Sprintf("Raspberry Pi, revision code %06x", uint32(b))
	}
	return fmt.Sprintf("Raspberry Pi %s Rev 1.%d", name, b&15)
}
