package file

import (
	"math/bits"
	"sync"
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
	"yolk/kernel/posix/ramfs"
)

// Files of /proc with figures, for those who watch a program (proc(5)). Times are in
// hundredths of a second, as on any Linux. Full brings them in: the libraries that read
// them make system calls as well, and other images are 12 KB smaller.

func plantFigures() {
	atFirstUse(func(fs *ramfs.FS) {
		fs.Generated("proc/self/stat", procSelfStat)
		fs.Generated("proc/self/limits", procLimits)
		fs.Generated("proc/self/environ", procEnviron)
		fs.Generated("proc/stat", procStat)
		fs.Generated("proc/uptime", procUptime)
		fs.Generated("proc/loadavg", procLoad)
		regenerate(fs, "proc/cpuinfo", procCPUInfo)
		fs.Generated("proc/vmstat", procVMStat)
		fs.Generated("proc/swaps", constant("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"))
		fs.Generated("proc/interrupts", procInterrupts)
		fs.Generated("proc/softirqs", procSoftirqs)
		fs.Generated("proc/schedstat", procSchedstat)
		fs.Generated("proc/self/schedstat", procSelfSchedstat)
		fs.Generated("proc/self/statm", procStatm)
		fs.Generated("proc/self/comm", constant("app\n"))
		fs.Generated("etc/machine-id", sync.OnceValue(machineID))
		for _, l := range [...][2]string{{"services", services}, {"protocols", protocols}, {"mime.types", mimeTypes}} {
			fs.Generated("etc/"+l[0], constant(l[1])) // unless the image's files have it
		}
	})
}

// usage is what the figures are made of.
type usage struct {
	used, up, idle int64 // hundredths: of the program's processors, since the start, of all
	processors     int64
	threads        int64
	resident       int64 // bytes; the kernel's page tables included
	faults         int64
}

func usageNow() (u usage) {
	var r syscall.Rusage
	var si syscall.Sysinfo_t
	var up syscall.Timespec
	var mask [16]uint64
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	syscall.Sysinfo(&si)
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&up)), 0)
	syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	for _, m := range mask {
		u.processors += int64(bits.OnesCount64(m))
	}
	u.used, u.up = (r.Utime.Nano()+r.Stime.Nano())/1e7, up.Nano()/1e7
	u.idle = max(u.up*u.processors-u.used, 0)
	u.threads, u.resident, u.faults = int64(si.Procs), int64(si.Totalram)-int64(si.Freeram), r.Minflt
	return u
}

// numbers appends numbers with spaces between.
func numbers(b []byte, n ...int64) []byte {
	for i, v := range n {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, decimal(v)...)
	}
	return b
}

// procSelfStat has the 52 fields of /proc/self/stat: what there is of user time, faults,
// threads and memory; the start is the machine's.
func procSelfStat() []byte {
	u := usageNow()
	return statLine(int64(syscall.Getpid()), []byte("app"), true, 0, &u)
}

// statLine is that of a process or thread.
func statLine(id int64, name []byte, running bool, cpu int64, u *usage) []byte {
	const fields, processor = 52, 39
	pid := int64(syscall.Getpid())
	b := append(append(numbers(nil, id), " ("...), name...)
	b = append(append(append(b, ") "...), state(running)[0]), ' ')
	b = numbers(b, 0, pid, pid, 0, -1, 0, u.faults, 0, 0, 0, u.used, 0, 0, 0, 20, 0, u.threads, 0, 0, mapped(), u.resident/4096, -1)
	for field := 26; field <= fields; field++ {
		v := int64(0)
		if field == processor {
			v = cpu
		}
		b = numbers(append(b, ' '), v)
	}
	return append(b, '\n')
}

// procStat has the processors together and each, interrupts, switches between threads, and
// when the machine started.
func procStat() []byte {
	var each []byte
	var all, idle int64
	u, p := usageNow(), abi.Processor{}
	for i := uint64(0); processor(i, &p); i++ {
		used := int64(p.Used / 1e7)
		rest := max(u.up-used, 0)
		all, idle = all+used, idle+rest
		each = append(numbers(append(each, "\ncpu"...), int64(i)), ' ')
		each = numbers(each, used, 0, 0, rest, 0, 0, 0, 0, 0, 0)
	}
	b := append(numbers([]byte("cpu  "), all, 0, 0, idle, 0, 0, 0, 0, 0, 0), each...)
	b = numbers(append(interruptLine(b), "\nctxt "...), int64(p.Switches))
	b = numbers(append(b, "\nbtime "...), seconds()-u.up/100)
	b = numbers(append(b, "\nprocesses "...), 1)
	b = numbers(append(b, "\nprocs_running "...), runningThreads())
	b = append(b, "\nprocs_blocked 0\nsoftirq 0"...)
	for range softirqNames {
		b = append(b, " 0"...)
	}
	return append(b, '\n')
}

func procUptime() []byte {
	u := usageNow()
	return append(hundredths(append(hundredths(nil, u.up), ' '), u.idle), '\n')
}

func hundredths(b []byte, n int64) []byte {
	b = append(append(b, decimal(n/100)...), '.')
	return append(b, '0'+byte(n/10%10), '0'+byte(n%10))
}

// limitNames are those of /proc/self/limits, with their units, by RLIMIT_*.
var limitNames = [...][2]string{
	{"cpu time", "seconds"}, {"file size", "bytes"}, {"data size", "bytes"}, {"stack size", "bytes"},
	{"core file size", "bytes"}, {"resident set", "bytes"}, {"processes", "processes"}, {"open files", "files"},
	{"locked memory", "bytes"}, {"address space", "bytes"}, {"file locks", "locks"}, {"pending signals", "signals"},
	{"msgqueue size", "bytes"}, {"nice priority", ""}, {"realtime priority", ""}, {"realtime timeout", "us"},
}

func procLimits() []byte {
	column := func(b []byte, text string, width int) []byte {
		b = append(b, text...)
		for range width - len(text) {
			b = append(b, ' ')
		}
		return b
	}
	b := []byte("Limit                     Soft Limit           Hard Limit           Units     \n")
	for kind, name := range limitNames {
		var l syscall.Rlimit
		syscall.Getrlimit(kind, &l)
		b = column(b, "Max "+name[0], 26)
		for _, v := range [...]uint64{l.Cur, l.Max} {
			text := "unlimited"
			if v != ^uint64(0) {
				text = string(decimal(int64(v)))
			}
			b = column(b, text, 21)
		}
		if name[1] != "" {
			b = column(b, name[1], 10)
		}
		b = append(b, '\n')
	}
	return b
}

// procEnviron is the environment as it is now.
func procEnviron() (b []byte) {
	for _, v := range syscall.Environ() {
		b = append(append(b, v...), 0)
	}
	return b
}
