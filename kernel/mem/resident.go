package mem

import (
	"yolk/arch"
	"yolk/kernel/abi"
)

// residentMost is how many entries of page tables Resident looks at, so that nobody waits
// long for the lock.
const residentMost = 1 << 14

// Resident counts the pages of [va, end) that have frames, up to Next.
func Resident(va, end uint64) (r abi.Resident) {
	m.lock.Lock()
	for looked := 0; va < end && looked < residentMost; looked++ {
		e, shift := leaf(uintptr(va))
		next := min((va>>shift+1)<<shift, end)
		if e&(arch.PTEPresent|parked) != 0 {
			count(&r, e, (next-va)/PageSize, shift)
		}
		va = next
	}
	m.lock.Unlock()
	r.Next = va
	return r
}

// leaf returns the lowest entry for va that there is, and how many bits of addresses it covers.
func leaf(va uintptr) (e uint64, shift uint) {
	table := m.root
	for shift = topBit; ; shift -= 9 {
		e = *entry(table, va>>shift&511)
		if shift == 12 || e&arch.PTEPresent == 0 || !arch.PTEIsTable(e) {
			return e, shift
		}
		table = e & arch.PTEAddr
	}
}

// count adds pages by their entry.
func count(r *abi.Resident, e, pages uint64, shift uint) {
	writable := (ProtRead | ProtWrite).bits()
	right := writable ^ ProtRead.bits() // the bit that says so, whether set or not
	switch {
	case e&lent == 0:
		r.Own += pages
		if shift > 12 {
			r.Large += pages
		}
	case e&right == writable&right:
		r.Lent += pages
		r.Written += pages
	default:
		r.Lent += pages
	}
}
