package file

import (
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
)

// How much memory is in each mapping (proc(5), /proc/PID/smaps). Full brings it in.

// residentIn is the kernel's side, which counts a part at a time; a test has its own.
var residentIn = func(start, end uint64, r *abi.Resident) bool {
	_, _, e := syscall.RawSyscall(abi.SysResident, uintptr(start), uintptr(end), uintptr(unsafe.Pointer(r)))
	return e == 0
}

// held is the memory in a mapping, in pages. There is one process: all of it is its own,
// also pages of files, which nobody shares. Every page was looked at when it came.
type held struct {
	clean, dirty, anonymous, large uint64
}

// heldBy counts a mapping's pages. Dirty are those that are nowhere else, and those of
// files that it has written to, or may have.
func heldBy(m *abi.Region, f mappedFile) (h held) {
	const write = 2
	for r := (abi.Resident{Next: m.Start}); r.Next < m.End && residentIn(r.Next, m.End, &r); {
		h.large += r.Large
		h.dirty += r.Written
		h.clean += r.Lent - r.Written
		if m.Object == 0 && f.name != "" && m.Prot&write == 0 { // code and constants of the image
			h.clean += r.Own
		} else {
			h.dirty += r.Own
			h.anonymous += r.Own
		}
	}
	return h
}

// sizeLine appends a line in KiB.
func sizeLine(b []byte, name string, pages uint64) []byte {
	b = spaces(append(append(b, name...), ':'), 15-len(name))
	return append(aligned(b, string(decimal(int64(pages*abi.PageSize/1024))), 8), " kB\n"...)
}

// appendTo appends the lines that smaps and smaps_rollup have.
func (h held) appendTo(b []byte) []byte {
	all := h.clean + h.dirty
	for _, l := range [...]struct {
		name  string
		pages uint64
	}{
		{"Rss", all}, {"Pss", all}, {"Pss_Dirty", h.dirty}, {"Shared_Clean", 0}, {"Shared_Dirty", 0}, {"Private_Clean", h.clean},
		{"Private_Dirty", h.dirty}, {"Referenced", all}, {"Anonymous", h.anonymous}, {"LazyFree", 0}, {"AnonHugePages", h.large},
		{"ShmemPmdMapped", 0}, {"FilePmdMapped", 0}, {"Shared_Hugetlb", 0}, {"Private_Hugetlb", 0}, {"Swap", 0}, {"SwapPss", 0}, {"Locked", 0},
	} {
		b = sizeLine(b, l.name, l.pages)
	}
	return b
}

func procSmaps() (b []byte) {
	eachMapping(func(m *abi.Region, f mappedFile) {
		b = mapsLine(b, m, f)
		b = sizeLine(b, "Size", (m.End-m.Start)/abi.PageSize)
		b = sizeLine(b, "KernelPageSize", 1)
		b = sizeLine(b, "MMUPageSize", 1)
		b = append(heldBy(m, f).appendTo(b), "VmFlags: "...)
		for i, flag := range [...]string{"rd ", "wr ", "ex "} {
			if m.Prot>>i&1 != 0 {
				b = append(b, flag...)
			}
		}
		if m.Shared != 0 {
			b = append(b, "sh "...)
		}
		b = append(b, "mr mw me \n"...)
	})
	return b
}

func procSmapsRollup() []byte {
	var all held
	whole := abi.Region{Start: ^uint64(0)}
	eachMapping(func(m *abi.Region, f mappedFile) {
		h := heldBy(m, f)
		all.clean, all.dirty, all.anonymous, all.large = all.clean+h.clean, all.dirty+h.dirty, all.anonymous+h.anonymous, all.large+h.large
		whole.Start, whole.End = min(whole.Start, m.Start), max(whole.End, m.End)
	})
	return all.appendTo(mapsLine(nil, &whole, mappedFile{name: "[rollup]"}))
}
