// Package figures is what the attacked server says of itself, as JSON: the server
// in the machine writes it and the soak on the host reads it. It imports nothing.
package figures

// Figures are the machine's state. Memory is in bytes.
type Figures struct {
	Total, Free    uint64 // the machine's RAM (/proc/meminfo)
	Live           uint64 // in the Go heap, garbage included unless it was just collected
	Heap, Stacks   uint64 // taken for the heap and for goroutines' stacks
	Goroutines     int
	Collections    uint32
	Received, Sent uint64 // packets
	Errors, Drops  uint64 // received packets that were wrong, or had no room
}

// Used is the RAM that is not free.
func (f Figures) Used() uint64 { return f.Total - f.Free }
