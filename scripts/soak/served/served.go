// Package served is what the attacked server answers: the server in the machine
// writes it and the soak on the host reads it. It imports package fmt only.
package served

import "fmt"

// Page is what the polite ask for.
const Page = "<!doctype html><title>Polite</title><p>Good day.\n"

// Figures are the machine's state. Memory is in bytes.
type Figures struct {
	Total, Free    uint64 // the machine's RAM (/proc/meminfo)
	Live           uint64 // in the Go heap, garbage included unless it was just collected
	Heap, Stacks   uint64 // taken for the heap and for goroutines' stacks
	Records        uint64 // taken by the Go runtime for itself, which it never gives back
	Goroutines     int
	Collections    uint32
	Received, Sent uint64 // packets
	Errors, Drops  uint64 // received packets that were wrong, or had no room
	// Sockets is /proc/net/sockstat, such as "TCP inuse". Memory is in pages of 4 KiB:
	// "TCP mem" is what the network has taken of its budget, "MEM budget".
	Sockets map[string]uint64
}

// Used is the RAM that is not free.
func (f Figures) Used() uint64 { return f.Total - f.Free }

// Held is what the program keeps, after a collection: not what the runtime has taken for
// itself, nor the holes in the heap that are left by what was between.
func (f Figures) Held() uint64 { return f.Live + f.Stacks }

func (f Figures) String() string {
	const mib = 1 << 20
	return fmt.Sprintf("%.1f of %.1f MiB in use, %.1f for the heap of which %.1f live, %.1f of stacks, %.1f of the runtime's, %d goroutines",
		float64(f.Used())/mib, float64(f.Total)/mib, float64(f.Heap)/mib, float64(f.Live)/mib, float64(f.Stacks)/mib, float64(f.Records)/mib, f.Goroutines)
}
