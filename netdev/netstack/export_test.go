package netstack

// Bounds of what is lent.
const MostLent, LendFrom = mostLent, lendFrom

// Lent is how many bytes the device has, or may have, that are not its own.
func (e *Endpoint) Lent() int { return int(e.lanes[0].tx.lender.out.Load()) }
