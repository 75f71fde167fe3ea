package overlay

// A reliance is a file of the Go release and what Yolk relies on in it.
type reliance struct {
	file  string   // below GOROOT/src
	by    string   // the package that relies on it
	hook  string   // what serves instead in a port without an operating system, "" if nothing
	what  string   // what is relied on
	texts []string // each occurs exactly once
}

// contract is all that Yolk relies on in a Go release, beyond the language and the
// packages' documented behaviour. Files without texts are edited (edits.go,
// savings.go), and the edits say which texts they need.
//
// It is in the order of what TamaGo's package runtime/goos names, which is what Go
// itself may offer one day (golang/go issue 73608, "add bare metal support"): with
// such a port a function there takes the place of each row that names one, and the
// rows without are what it would not give.
var contract = []reliance{
	// Start.
	{"runtime/rt0_linux_amd64.s", "yolk/arch/amd64", "CPUinit", "the entry: argc, argv, environment and auxiliary vector lie at the stack pointer",
		[]string{"TEXT _rt0_amd64_linux(SB),NOSPLIT,$-8\n\tJMP\t_rt0_amd64(SB)\n"}},
	{"runtime/rt0_linux_arm64.s", "yolk/arch/arm64", "CPUinit", "the entry, as on x86-64",
		[]string{"TEXT _rt0_arm64_linux(SB),NOSPLIT,$0\n\tJMP\t_rt0_arm64(SB)\n"}},
	{"runtime/os_linux.go", "yolk/kernel/boot", "Hwinit0, Task", "tags of the auxiliary vector; how a thread is cloned; who is asked for the number of processors",
		[]string{"_AT_PAGESZ   = 6 ", "_AT_HWCAP    = 16 ", "_AT_RANDOM   = 25 ",
			"clone(cloneFlags, stk, unsafe.Pointer(mp), unsafe.Pointer(mp.g0), unsafe.Pointer(abi.FuncPCABI0(mstart)))",
			"r := sched_getaffinity(0, unsafe.Sizeof(buf), &buf[0])\n"}},
	{"cmd/compile/abi-internal.md", "yolk/arch", "", "registers that the entries from a trap set: g, and zero",
		[]string{"| R14 | Current goroutine | Same | Same |\n", "| X15 | Zero value (*) | Same | Scratch |\n", "| R28 | Current goroutine | Same | Same |\n"}},
	{"runtime/stubs_amd64.go", "yolk/boot/overlay", "", "settls is declared in Go, so that TamaGo's assembler may be let call it", []string{"\nfunc settls()"}},
	{"cmd/link/internal/ld/main.go", "yolk/boot/build", "", "flags of the linker",
		[]string{`flag.String("E", "", `, `flag.Int64("T", -1, `, `flag.Int("funcalign", 0, `}},

	// Memory.
	{"runtime/mem_linux.go", "yolk/kernel/syscalls", "RamStart, RamSize, Bloc", "how memory is reserved, committed and given back",
		[]string{"p, err := mmap(v, n, _PROT_NONE, _MAP_ANON|_MAP_PRIVATE, -1, 0)\n", "\tmunmap(v, n)\n", "if madvise(v, n, _MADV_DONTNEED) == 0 {"}},
	{"runtime/symtab.go", "yolk/boot/overlay", "RamStart, RamSize", "where the image lies: firstmoduledata",
		[]string{"\n\ttext, etext  ", "\n\tend, gcdata, gcbss  "}},
	{"runtime/mgcpacer.go", "yolk/kernel/posix/socket", "", "what is live after a collection, and the memory limit (yolkHeap, yolkKept)",
		[]string{"\theapMarked uint64\n", "\tlastStackScan atomic.Uint64\n", "\tmaxStackScan atomic.Uint64\n", "\tmemoryLimit atomic.Int64\n"}},

	// Random numbers.
	{randFile, "yolk/boot/overlay", "GetRandomData", "each thread's generator, which math/rand draws from; edited", nil},
	{"internal/chacha8rand/chacha8.go", "yolk/boot/overlay", "GetRandomData", "how that is seeded anew; four values after a seed come without another refill",
		[]string{"\nfunc (s *State) Init64(seed [4]uint64) {\n", "\nfunc (s *State) Refill() {\n", "\nfunc (s *State) Reseed() {\n", "\tchunk  = 32 "}},
	{"runtime/vgetrandom_linux.go", "yolk/kernel/syscalls", "InitRNG, GetRandomData", "without a function of the vDSO the system call is made",
		[]string{"\tif vgetrandomAlloc.stateSize == 0 {\n\t\treturn -1, false\n"}},

	// Time.
	{"runtime/vdso_linux_amd64.go", "yolk/arch/amd64", "Nanotime", "the variable with the address of clock_gettime",
		[]string{"\tvdsoClockgettimeSym uintptr\n"}},
	{"runtime/vdso_linux_arm64.go", "yolk/arch/arm64", "Nanotime", "the variable with the address of clock_gettime",
		[]string{"\tvdsoClockgettimeSym uintptr\n"}},
	{"runtime/time_linux_amd64.s", "yolk/arch/amd64", "Nanotime", "that function is called on the thread's own stack, with C's registers",
		[]string{"\tMOVQ\tm_g0(BX), DX\n\tMOVQ\t(g_sched+gobuf_sp)(DX), SP\t// Set SP to g0 stack\n"}},

	// System calls of the runtime. A test looks for each number in yolk/kernel/syscalls.
	{"runtime/sys_linux_amd64.s", "yolk/kernel/syscalls", "Printk, Exit, Task, Idle, Wake", "numbers and arguments; thread-local storage at FS-8",
		[]string{"#define SYS_write\t\t1\n", "#define SYS_clone\t\t56\n", "#define SYS_futex\t\t202\n", "\tADDQ\t$8, DI\t// ELF wants to use -8(FS)\n"}},
	{"runtime/sys_linux_arm64.s", "yolk/kernel/syscalls", "Printk, Exit, Task, Idle, Wake, Nanotime", "numbers and arguments; how the vDSO's clock is called",
		[]string{"#define SYS_write\t\t64\n", "#define SYS_clone\t\t220\n", "#define SYS_futex\t\t98\n", "TEXT runtime·nanotime1(SB),NOSPLIT,$24-8\n"}},
	{"internal/runtime/syscall/linux/asm_linux_amd64.s", "yolk/arch/amd64", "", "how a call traps",
		[]string{"TEXT ·Syscall6<ABIInternal>(SB),NOSPLIT,$0\n", "\tSYSCALL\n"}},
	{"internal/runtime/syscall/linux/asm_linux_arm64.s", "yolk/arch/arm64", "", "how a call traps",
		[]string{"TEXT ·Syscall6(SB),NOSPLIT,$0-80\n", "\tSVC\n"}},
	{"internal/runtime/syscall/linux/defs_linux_amd64.go", "yolk/kernel/syscalls", "", "numbers", []string{"SYS_MPROTECT      = 10\n"}},
	{"internal/runtime/syscall/linux/defs_linux_arm64.go", "yolk/kernel/syscalls", "", "numbers", []string{"SYS_MPROTECT      = 226\n"}},

	// Waiting, and threads.
	{"runtime/lock_futex.go", "yolk/kernel/sched", "Idle, Wake", "a note is a futex of 32 bits",
		[]string{"func key32(p *uintptr) *uint32 {\n", "func notetsleep(n *note, ns int64) bool {\n"}},
	{netpollFile, "yolk/boot/overlay", "Idle, Wake", "the poller's functions, all of which are replaced",
		[]string{
			"\nfunc netpollinit() {\n",
			"\nfunc netpollIsPollDescriptor(fd uintptr) bool {\n",
			"\nfunc netpollopen(fd uintptr, pd *pollDesc) uintptr {\n",
			"\nfunc netpollclose(fd uintptr) uintptr {\n",
			"\nfunc netpollarm(pd *pollDesc, mode int) {\n",
			"\nfunc netpollBreak() {\n",
			"\nfunc netpoll(delay int64) (gList, int32) {\n",
		}},
	{"runtime/netpoll.go", "yolk/boot/overlay", "Idle, Wake", "what they are called with, and what readies a goroutine",
		[]string{"\tpdNil   uintptr = 0\n\tpdReady uintptr = 1\n", "\nfunc netpollGenericInit() {\n", "\nfunc netpollready(toRun *gList, pd *pollDesc, mode int32) int32 {\n",
			"\nfunc netpollAdjustWaiters(delta int32) {\n", "\nfunc netpollAnyWaiters() bool {\n"}},
	{procFile, "yolk/boot/overlay", "Idle, Wake", "the monitor thread, which the kernel wakes; parking and readying; edited",
		[]string{"\nfunc gopark(unlockf func(*g, unsafe.Pointer) bool, lock unsafe.Pointer, reason waitReason, traceReason traceBlockReason, traceskip int) {\n",
			"\nfunc goready(gp *g, traceskip int) {\n"}},
	{traceback, "yolk/boot/overlay", "", "which goroutines are not the program's; edited",
		[]string{"\nfunc isSystemGoroutine(gp *g, fixed bool) bool {\n"}},
	{structsFile, "yolk/kernel/posix/socket", "", "g begins with the bounds of its stack, then the two guards; it has its bubble of testing/synctest",
		[]string{"type stack struct {\n\tlo uintptr\n\thi uintptr\n}\n", "\tstack       stack   // offset known to runtime/cgo\n\tstackguard0 uintptr ", "\tsysmonnote note\n", "\tbubble  *synctestBubble\n"}},
	{"internal/runtime/exithook/hooks.go", "yolk/boot/overlay", "Exit", "what is called at the end (yolkAtExit)",
		[]string{"\nfunc Add(h Hook) {\n", "\tF            func() // func to run\n\tRunOnFailure bool "}},

	// Signals, on which preemption rides: a port without an operating system has none.
	{"runtime/defs_linux_amd64.go", "yolk/kernel/syscalls", "", "siginfo, sigaction, signal frames",
		[]string{"type sigcontext struct {\n\tr8          uint64\n", "type ucontext struct {\n\tuc_flags     uint64\n\tuc_link      *ucontext\n\tuc_stack     stackt\n\tuc_mcontext  mcontext\n\tuc_sigmask   usigset\n"}},
	{"runtime/defs_linux_arm64.go", "yolk/kernel/syscalls", "", "siginfo, sigaction, signal frames",
		[]string{"type sigcontext struct {\n\tfault_address uint64\n", "type ucontext struct {\n\tuc_flags    uint64\n\tuc_link     *ucontext\n\tuc_stack    stackt\n\tuc_sigmask  uint64\n"}},
	{"runtime/signal_linux_amd64.go", "yolk/kernel/syscalls", "", "what handlers read in the frame, and change",
		[]string{"func (c *sigctxt) regs() *sigcontext {\n\treturn (*sigcontext)(unsafe.Pointer(&(*ucontext)(c.ctxt).uc_mcontext))\n}\n"}},
	{"runtime/signal_linux_arm64.go", "yolk/kernel/syscalls", "", "what handlers read in the frame, and change",
		[]string{"func (c *sigctxt) regs() *sigcontext { return &(*ucontext)(c.ctxt).uc_mcontext }\n"}},
	{"runtime/os_linux_generic.go", "yolk/kernel/syscalls", "", "a set of signals is 64 bits", []string{"type sigset [2]uint32\n"}},
	{signalFile, "yolk/boot/overlay", "", "how a signal ends the program; edited", []string{"const sigPreempt = _SIGURG\n"}},
	{"runtime/sigqueue.go", "yolk/boot/overlay", "", "whether os/signal waits (signalWaiting)", []string{"\tsigReceiving\n"}},

	// Files and sockets: TamaGo's port has net.SocketFunc, and files in memory of its own.
	{syscallFile, "yolk/kernel/posix/file", "net.SocketFunc", "every call of package syscall and x/sys/unix goes through four functions; edited", nil},
	{"syscall/zsysnum_linux_amd64.go", "yolk/boot/overlay", "", "numbers (TestCallNumbers)", []string{"SYS_READ                   = 0\n"}},
	{"syscall/zsysnum_linux_arm64.go", "yolk/boot/overlay", "", "numbers (TestCallNumbers)", []string{"SYS_READ                   = 63\n"}},
	{"syscall/zsyscall_linux_amd64.go", "yolk/boot/overlay", "", "which arguments are addresses (TestPointerMasks)", []string{"func read(fd int, p []byte) (n int, err error) {\n"}},
	{"syscall/zsyscall_linux_arm64.go", "yolk/boot/overlay", "", "which arguments are addresses (TestPointerMasks)", []string{"func read(fd int, p []byte) (n int, err error) {\n"}},
	{fcntlFile, "yolk/boot/overlay", "", "the runtime's own fcntl, which knows no files; edited", nil},
	{"runtime/runtime.go", "yolk/kernel/posix/file", "", "the auxiliary vector, for /proc/self/auxv",
		[]string{"//go:linkname getAuxv\nfunc getAuxv() []uintptr { return auxv }"}},

	// Edited for savings only.
	{metricsFile, "yolk/boot/overlay", "", "the table of metrics", nil},
	{cgroupFile, "yolk/boot/overlay", "", "the reader of control groups", nil},
	{traceFile, "yolk/boot/overlay", "", "switches of the execution tracer", nil},
	{godebugFile, "yolk/boot/overlay", "", "settings by call stack", nil},
	{"net/ipsock_posix.go", "yolk/boot/overlay", "", "probes of sockets", nil},
	{"net/sock_linux.go", "yolk/boot/overlay", "", "a look at the longest backlog", nil},
	{httpServerFile, "yolk/boot/overlay", "", "how an answer is sent, and who watches the client meanwhile", nil},
	{headerFile, "yolk/boot/overlay", "", "how keys of headers are looked at", nil},
	{headersFile, "yolk/boot/overlay", "", "how lines of headers are written", nil},
	{deadlineFile, "yolk/boot/overlay", "", "how deadlines of descriptors are set", nil},
	{mapsFile, "yolk/boot/overlay", "", "where a range over a map begins", nil},
	{shortMapsFile, "yolk/boot/overlay", "", "how a key is looked for in a small map", nil},
}

// check returns a mismatch unless the file has what is relied on.
func (c reliance) check(s *sources) error {
	if c.texts == nil {
		return nil
	}
	text, err := s.read(c.file)
	for _, want := range c.texts {
		if err == nil {
			err = expect(c.file, text, want, 1)
		}
	}
	return err
}
