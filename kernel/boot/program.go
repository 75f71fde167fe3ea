package boot

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/cmdline"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/syscalls"
)

// The program's first stack, in the form the Linux ABI gives it (System V ABI,
// AMD64 supplement, 3.4.1): argc, argv, environment, auxiliary vector.
const (
	stackSize  = 256 << 10
	auxPageSz  = 6
	auxHWCap   = 16
	auxRandom  = 25
	maxPointer = maxToken + 16
)

// startProgram makes thread 1, which enters the Go runtime.
func startProgram() bool {
	base, ok := mem.Map(0, stackSize, mem.ProtRead|mem.ProtWrite, false)
	t := sched.New()
	if !ok || t == nil {
		return false
	}
	top := base + stackSize
	random := top - 16
	limit := top - 64
	w := stackWriter{(limit - maxPointer*8) &^ 63, 0}
	w.arguments()
	w.environment(limit)
	w.word(auxPageSz)
	w.word(mem.PageSize)
	if v := arch.HWCap(); v != 0 {
		w.word(auxHWCap)
		w.word(v)
	}
	if syscalls.Random.Read(mem.Bytes(uintptr(random), 16)) {
		w.word(auxRandom)
		w.word(random)
	}
	w.word(0)
	w.word(0)
	t.Start(uint64(arch.GoEntry()), w.base)
	sched.Run(t)
	return true
}

// stackWriter fills words upwards from base.
type stackWriter struct{ base, n uint64 }

func (w *stackWriter) word(v uint64) {
	*(*uint64)(unsafe.Pointer(uintptr(w.base + w.n*8))) = v
	w.n++
}

// arguments writes argc and argv.
func (w *stackWriter) arguments() {
	w.word(1)
	if v := Option("argv0"); v != nil {
		w.word(uint64(uintptr(unsafe.Pointer(unsafe.SliceData(v)))))
	} else {
		w.word(uint64(uintptr(unsafe.Pointer(unsafe.StringData("/yolk\x00")))))
	}
	argc := uint64(1)
	for i := range tokenLen {
		if t := &tokens[i]; t.kind == cmdline.Argument {
			w.word(uint64(t.addr))
			argc++
		}
	}
	w.word(0)
	*(*uint64)(unsafe.Pointer(uintptr(w.base))) = argc
}

// usual are what programs expect besides: of two values of a name Go takes the first.
var usual = [...]string{"HOME=/root\x00", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\x00", "TMPDIR=/tmp\x00"}

// environment writes the env= options, the usual ones, and GOMEMLIMIT from the RAM there is
// unless the user gave one: the collector then works harder instead of letting
// the machine run out.
func (w *stackWriter) environment(scratch uint64) {
	limited := false
	for i := range tokenLen {
		if t := &tokens[i]; t.kind == cmdline.Option {
			if k, v, ok := cmdline.Cut(t.bytes()); ok && string(k) == "env" {
				w.word(uint64(uintptr(unsafe.Pointer(unsafe.SliceData(v)))))
				const name = "GOMEMLIMIT="
				limited = limited || len(v) > len(name) && string(v[:len(name)]) == name
			}
		}
	}
	for _, v := range usual {
		w.word(uint64(uintptr(unsafe.Pointer(unsafe.StringData(v)))))
	}
	if !limited {
		w.word(scratch)
		b := mem.Bytes(uintptr(scratch), 48)
		n := copy(b, "GOMEMLIMIT=")
		n += putDecimal(b[n:], mem.Stats().Free/10*9)
		b[n] = 0
	}
	w.word(0)
}

func putDecimal(b []byte, v uint64) int {
	digits := 1
	for x := v; x >= 10; x /= 10 {
		digits++
	}
	for i := digits - 1; i >= 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return digits
}
