package file

import (
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
	"yolk/kernel/posix/ramfs"
)

// What /proc/self tells of mappings, threads and reading (proc(5)). Full brings it in.

// The kernel's side; a test has its own.
var (
	regionAfter = func(addr uint64, r *abi.Region) bool {
		_, _, e := syscall.RawSyscall(abi.SysRegion, uintptr(addr), uintptr(unsafe.Pointer(r)), 0)
		return e == 0
	}
	threadFrom = func(id uint64, t *abi.Thread) bool {
		_, _, e := syscall.RawSyscall(abi.SysThread, uintptr(id), uintptr(unsafe.Pointer(t)), 0)
		return e == 0
	}
	processor = func(number uint64, p *abi.Processor) bool {
		_, _, e := syscall.RawSyscall(abi.SysProcessor, uintptr(number), uintptr(unsafe.Pointer(p)), 0)
		return e == 0
	}
	imageParts = ownSegments
)

func plantSelf(fs *ramfs.FS) {
	regenerate(fs, "proc/self/maps", procMaps)
	fs.Generated("proc/self/smaps", procSmaps)
	fs.Generated("proc/self/smaps_rollup", procSmapsRollup)
	fs.Generated("proc/self/io", procIO)
	plantListing(fs, "proc/self/task", &threads)
}

// mappedNames are those that mapped files had when they were mapped, by the object of their content.
var mappedNames struct {
	sync.Mutex
	of map[uint64]mappedFile
}

type mappedFile struct {
	name string
	ino  uint64
}

func (o object) called(i *ramfs.Inode) {
	name := Tree().Name(i)
	if name == "" {
		name = "(deleted)"
	}
	mappedNames.Lock()
	defer mappedNames.Unlock()
	if mappedNames.of == nil {
		mappedNames.of = map[uint64]mappedFile{}
	}
	mappedNames.of[uint64(o)] = mappedFile{name, i.Ino()}
}

// procMaps lists the image's segments, then what is mapped; of files by the name they had
// when they were.
func procMaps() (b []byte) {
	eachMapping(func(r *abi.Region, f mappedFile) { b = mapsLine(b, r, f) })
	return b
}

// eachMapping calls see with all mappings in the order of procMaps, and forgets the names of
// files that are not mapped any more. The kernel has the image's segments, too, with what
// follows them in memory and is not in the image.
func eachMapping(see func(r *abi.Region, f mappedFile)) {
	end := uint64(0)
	for _, r := range imageParts() {
		end = r.End
		see(&r, mappedFile{name: Executable})
	}
	mappedNames.Lock()
	defer mappedNames.Unlock()
	shown := map[uint64]mappedFile{}
	var r abi.Region
	for regionAfter(r.End, &r) {
		f := mappedNames.of[r.Object]
		if r.Object != 0 {
			shown[r.Object] = f
		}
		part := r
		part.Start, part.End = max(r.Start, end), (r.End+abi.PageSize-1)&^(abi.PageSize-1)
		if part.Start < part.End {
			see(&part, f)
		}
	}
	mappedNames.of = shown
}

// mapsLine appends the line of one mapping: addresses, rights, offset, device, inode, name.
func mapsLine(b []byte, r *abi.Region, f mappedFile) []byte {
	const width = 73 // where Linux has names
	start := len(b)
	b = append(hexadecimal(b, r.Start, 8), '-')
	b = append(hexadecimal(b, r.End, 8), ' ')
	for i, c := range []byte("rwx") {
		if r.Prot>>i&1 == 0 {
			c = '-'
		}
		b = append(b, c)
	}
	if r.Shared != 0 {
		b = append(b, "s "...)
	} else {
		b = append(b, "p "...)
	}
	b = append(hexadecimal(b, r.First*abi.PageSize, 8), " 00:"...)
	device := uint64(0)
	if f.name != "" && f.name[0] != '[' {
		device = 1
	}
	b = append(append(hexadecimal(b, device, 2), ' '), decimal(int64(f.ino))...)
	b = append(b, ' ')
	for f.name != "" && len(b)-start < width {
		b = append(b, ' ')
	}
	return append(append(b, f.name...), '\n')
}

// hexadecimal appends n in at least so many digits.
func hexadecimal(b []byte, n uint64, digits int) []byte {
	for digits < 16 && n>>(4*digits) != 0 {
		digits++
	}
	for digits--; digits >= 0; digits-- {
		b = append(b, "0123456789abcdef"[n>>(4*digits)&15])
	}
	return b
}

// counted is what /proc/self/io has: of calls that read or write by function, sockets' own
// calls left out, as on Linux.
var counted struct{ read, written, reads, writes atomic.Int64 }

// tallyCall counts a call that moved n bytes.
func tallyCall(n int, write bool) {
	if write {
		counted.written.Add(int64(n))
		counted.writes.Add(1)
	} else {
		counted.read.Add(int64(n))
		counted.reads.Add(1)
	}
}

// procIO: nothing is read from a disk or written to one.
func procIO() (b []byte) {
	for _, l := range [...]struct {
		name string
		n    int64
	}{{"rchar: ", counted.read.Load()}, {"wchar: ", counted.written.Load()}, {"syscr: ", counted.reads.Load()}, {"syscw: ", counted.writes.Load()},
		{"read_bytes: ", 0}, {"write_bytes: ", 0}, {"cancelled_write_bytes: ", 0}} {
		b = append(append(append(b, l.name...), decimal(l.n)...), '\n')
	}
	return b
}

// threads is /proc/self/task: a folder for each.
var threads = Listing{threadNames, func(name string) (func() []byte, *Listing) {
	id, ok := number(name)
	var t abi.Thread
	if !ok || !threadFrom(id, &t) || t.ID != id {
		return nil, nil
	}
	return nil, threadFolder(id)
}}

func threadNames() (names []string) {
	var t abi.Thread
	for id := uint64(0); threadFrom(id, &t); id = t.ID + 1 {
		names = append(names, string(decimal(int64(t.ID))))
	}
	return names
}

func threadFolder(id uint64) *Listing {
	return &Listing{func() []string { return []string{"comm", "schedstat", "stat", "status"} }, func(name string) (func() []byte, *Listing) {
		var text func(t *abi.Thread) []byte
		switch name {
		case "comm":
			text = func(t *abi.Thread) []byte { return append(threadName(t), '\n') }
		case "schedstat":
			text = taskSchedstat
		case "stat":
			text = taskStat
		case "status":
			text = taskStatus
		default:
			return nil, nil
		}
		return func() []byte {
			var t abi.Thread
			if !threadFrom(id, &t) || t.ID != id {
				return nil // it has ended
			}
			return text(&t)
		}, nil
	}}
}

func threadName(t *abi.Thread) []byte {
	name, _, _ := strings.Cut(string(t.Name[:]), "\x00")
	if name == "" {
		name = "app"
	}
	return []byte(name)
}

// taskStat is procSelfStat of one thread.
func taskStat(t *abi.Thread) []byte {
	u := usageNow()
	u.used = int64(t.Used / 1e7)
	return statLine(int64(t.ID), threadName(t), t.Running != 0, int64(t.CPU), &u)
}

func taskStatus(t *abi.Thread) []byte {
	b := append([]byte("Name:\t"), threadName(t)...)
	b = append(append(b, "\nState:\t"...), state(t.Running != 0)...)
	b = append(append(b, "\nTgid:\t"...), decimal(int64(syscall.Getpid()))...)
	b = append(append(b, "\nPid:\t"...), decimal(int64(t.ID))...)
	b = append(append(b, "\nPPid:\t0\nThreads:\t"...), decimal(usageNow().threads)...)
	return append(b, '\n')
}

func state(running bool) string {
	if running {
		return "R (running)"
	}
	return "S (sleeping)"
}

// number reads a decimal without a sign or leading zeros.
func number(name string) (n uint64, ok bool) {
	if len(name) == 0 || len(name) > 9 || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	for _, c := range []byte(name) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
