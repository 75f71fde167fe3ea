package overlay

import (
	_ "embed"
	"strconv"
	"strings"

	"yolk/kernel/abi"
)

const ask3 = `	if yolkWants(trap) {
		return yolkCall6(trap, a1, a2, a3, 0, 0, 0)
	}
`

const ask6 = `	if yolkWants(trap) {
		return yolkCall6(trap, a1, a2, a3, a4, a5, a6)
	}
`

const (
	sig3 = "(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err Errno) {\n"
	sig6 = "(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err Errno) {\n"
)

const (
	syscallFile = "syscall/syscall_linux.go"
	procFile    = "runtime/proc.go"
	netpollFile = "runtime/netpoll_epoll.go"
	signalFile  = "runtime/signal_unix.go"
	fcntlFile   = "internal/syscall/unix/fcntl_unix.go"
	randFile    = "runtime/rand.go"
	structsFile = "runtime/runtime2.go"
	traceback   = "runtime/traceback.go"
)

// edits are those without which an image does not work; savings.go has the others.
// They are applied in order, each to the result of the one before. Order
// matters in one place: Syscall and Syscall6 are pointed at the unhooked
// yolkTrap6 before RawSyscall6 itself gets its question.
var edits = []edit{
	{syscallFile, "func RawSyscall" + sig3, "func RawSyscall" + sig3 + ask3, 1},
	{syscallFile, "func RawSyscall6" + sig6, "func RawSyscall6" + sig6 + ask6, 1},
	{syscallFile, "func Syscall" + sig3, "func Syscall" + sig3 + ask3, 1},
	{syscallFile, "func Syscall6" + sig6, "func Syscall6" + sig6 + ask6, 1},
	{syscallFile, "\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n",
		"\tr1, r2, err = yolkTrap6(trap, a1, a2, a3, 0, 0, 0)\n", 1},
	{syscallFile, "\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, a4, a5, a6)\n",
		"\tr1, r2, err = yolkTrap6(trap, a1, a2, a3, a4, a5, a6)\n", 1},
	{syscallFile, "\treturn RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n",
		"\treturn yolkTrap6(trap, a1, a2, a3, 0, 0, 0)\n", 1},
	{fcntlFile, "//go:linkname fcntl runtime.fcntl\nfunc fcntl(fd int32, cmd int32, arg int32) (int32, int32)\n", hookedFcntl, 1},
	{procFile, "\t\tusleep(delay)\n", monitorNaps, 1},
	{procFile, monitorSleeps, "\t\t\t\t\tyolkMonitorSleep(sleep)\n", 1},
	{signalFile, dieOfSignal, dieLater, 1},
	{structsFile, "\tthrowsplit   bool // must not split stack\n", "\tthrowsplit   bool // must not split stack\n\tyolkServes   uint8\n", 1},
	{structsFile, " chacha8rand.State\n", " chacha8rand.State\n\tyolkSeeding yolkSeeding\n", 1},
	{randFile, drawn, drawnHere, 1},
	{traceback, systemGoroutine, kernelsToo, 1},
	{randFile, refill, "\t\tyolkRefill(mp)\n", 1},
}

// math/rand, and the seeds of hash tables, are drawn from a generator of each thread.
// In a machine that is a copy of another it is seeded anew.
const (
	drawn     = "\t\tif ok {\n\t\t\treturn x\n\t\t}\n\t\tmp.locks++ "
	drawnHere = "\t\tif ok && mp.yolkSeeding.life == yolkLife() {\n\t\t\treturn x\n\t\t}\n\t\tmp.locks++ "
	refill    = "\t\tc.Refill()\n"
)

// The monitor thread of a busy program begins with a look every 20 us, for system calls
// that keep a P, and each time that it finds one. A look costs two switches of threads
// and a timer, and the calls of most programs do not trap: a millisecond is soon enough.
const monitorNaps = "\t\tusleep(max(delay, 1000))\n"

// The monitor thread sleeps deeply once all Ps are idle, until one that is not
// makes a system call. The calls of a server do not trap: the kernel wakes it
// instead, when a thread has run for a slice.
const monitorSleeps = "\t\t\t\t\tsyscallWake = notetsleep(&sched.sysmonnote, sleep)\n"

// The goroutines of the kernel are no more the program's than the runtime's own are.
const (
	systemGoroutine = "\treturn stringslite.HasPrefix(funcname(f), \"runtime.\")\n"
	kernelsToo      = "\tname := funcname(f)\n\treturn stringslite.HasPrefix(name, \"runtime.\") || !fixed && yolkKernel(name)\n"
)

// A signal that nobody handles ends the program: at once, or when what connections
// hold has been sent.
const (
	dieOfSignal = "\tif flags&_SigKill != 0 {\n\t\tdieFromSignal(sig)\n\t}\n"
	dieLater    = "\tif flags&_SigKill != 0 {\n\t\tif yolkPostpone(sig) {\n\t\t\treturn\n\t\t}\n\t\tdieFromSignal(sig)\n\t}\n"
)

// Package internal/syscall/unix borrows the runtime's own fcntl, which knows
// no files; os.NewFile asks it how a descriptor was opened.
const hookedFcntl = `func fcntl(fd int32, cmd int32, arg int32) (int32, int32) {
	r, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg))
	if errno != 0 {
		return -1, int32(errno)
	}
	return int32(r), 0
}
`

//go:embed files/netpoll_yolk.go.txt
var netpollText string

//go:embed files/goroutines_yolk.go.txt
var goroutinesText string

//go:embed files/rand_yolk.go.txt
var randText string

//go:embed files/syscall_yolk.go.txt
var syscallText string

//go:embed files/runtime_tamago.go.txt
var tamagoText string

//go:embed files/runtime_tamago_amd64.go.txt
var tamagoTextAMD64 string

//go:embed files/signal_tamago.go.txt
var signalText string

//go:embed files/goos.go.txt
var goosText string

// replacements are files that change as a whole; the contract has what the rest of
// their package needs of them.
var replacements = map[string]string{netpollFile: numbered(netpollText)}

// numbered puts the numbers of Yolk's own calls into a text.
func numbered(text string) string {
	return strings.NewReplacer(
		"$SysPollWake", strconv.Itoa(abi.SysPollWake),
		"$SysPoll", strconv.Itoa(abi.SysPoll),
		"$SysWatch", strconv.Itoa(abi.SysWatch),
		"$SysPark", strconv.Itoa(abi.SysPark),
		"$SysRandom", strconv.Itoa(abi.SysRandom),
		"$RandomAnyway", strconv.Itoa(abi.RandomAnyway),
	).Replace(text)
}

// additions do not depend on the architecture; the call table, which does, is
// generated beside them.
var additions = []addition{
	{"syscall/yolk_linux.go", syscallText},
	{"runtime/yolk_goroutines.go", goroutinesText},
	{"runtime/yolk_rand.go", numbered(randText)},
	{"runtime/yolk_tamago.go", tamagoText},
	{"runtime/yolk_tamago_amd64.go", tamagoTextAMD64}, // by its name for that architecture only
	{"runtime/goos/goos.go", goosText},
	{"os/signal/yolk_tamago.go", signalText},
}
