package mem

import "yolk/kernel/klog"

// reported is how many regions Report prints: a program with many maps has thousands.
const reported = 64

// Report prints the use of memory, and the regions. It takes no lock: the other processors
// have stopped for good, perhaps with one.
func Report() {
	s := m.frames.stats()
	klog.Last().Str("yolk: memory: ").MiB(s.Used).Str(" of ").MiB(s.Total).Str(" in use, ").
		MiB(s.Peak).Str(" at most, ").MiB(s.LargestFree).Str(" free in one piece").End()
	for i := range min(m.regions.n, reported) {
		r := m.regions.at(i)
		e := klog.Last().Str("yolk: region ").Hex(r.start).Str(" to ").Hex(r.end).Str(" ")
		for bit, letter := range [...]string{"r", "w", "x"} {
			if r.prot>>bit&1 == 0 {
				letter = "-"
			}
			e.Str(letter)
		}
		if r.object != 0 {
			e.Str(" of a file")
		}
		e.End()
	}
	if m.regions.n > reported {
		klog.Last().Str("yolk: and ").Uint(uint64(m.regions.n - reported)).Str(" more").End()
	}
}
