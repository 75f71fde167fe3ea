package fdt

import "unsafe"

// text returns bytes of the blob as a string without copying them. That is
// sound because the blob does not change while a Tree is in use (Open).
func text(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
