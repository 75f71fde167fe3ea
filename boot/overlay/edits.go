package overlay

import _ "embed"

// Supported lists the Go releases whose sources the edits were checked
// against, as patterns for the error message and for `yolk list`.
const Supported = "go1.26.x"

// An edit replaces text in one file of the standard library. The old text must
// occur exactly count times, otherwise the release is not one we know.
type edit struct {
	file     string // below GOROOT/src
	old, new string
	count    int
}

// A replacement swaps a whole file of the standard library. The original must
// still contain each of the texts in expect, exactly once: they are the
// declarations that the rest of its package relies on.
type replacement struct {
	file   string
	expect []string
	text   string
}

// An addition is a file that the release must not have yet.
type addition struct{ file, text string }

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

const syscallFile = "syscall/syscall_linux.go"

// edits are applied in order, each to the result of the one before. Order
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
	{procFile, earlySchedinit, earlySchedinit + noProfile, 1},
	{procFile, leastStack, firstStack, 1},
	{procFile, lockMain, "", 1},
	{procFile, collectorStarts, collectorStarts + lockMain, 1},
	{procFile, monitorSleeps, "\t\t\t\t\tsyscallWake = yolkMonitorSleep(sleep)\n", 1},
	{"runtime/signal_unix.go", dieOfSignal, dieLater, 1},
	{"net/ipsock_posix.go", probeSockets, knownFamilies + "func (p *ipStackCapabilities) probeUnused() {\n", 1},
	{"net/mptcpsock_linux.go", "\tmptcpOnce.Do(initMPTCPavailable)\n\treturn mptcpAvailable\n", "\treturn false\n", 1},
	{"net/sock_linux.go", "func maxListenerBacklog() int {\n", "func maxListenerBacklog() int {\n" + knownBacklog, 1},
	{metricsFile, registerMetric, laterMetric, 1},
	{metricsFile, "\tmetricsInit = true\n", "\tmetricsInit = true\n\tyolkEnterMetrics()\n", 1},
	{memclrFile, blockSize, blockSizeInData, 1},
	{godebugFile, "\tif v.bisect != nil && !v.bisect.Stack(&stderr) {\n", "\tif false {\n", 1},
	{godebugFile, "\t\t\t\t\t\t\tv.bisect, _ = bisect.New(arg[j+1:])\n", "", 1},
}

// Where the linker found that nobody reads the memory profile, the runtime
// switches it off at the end of schedinit; doing so at its start spares a boot
// the samples in between, 3 ms of translation under software emulation.
const (
	procFile       = "runtime/proc.go"
	earlySchedinit = "\tticks.init() // run as early as possible\n"
	noProfile      = "\tif disableMemoryProfiling {\n\t\tMemProfileRate = 0\n\t}\n"
)

// Package net learns by opening, binding and closing sockets, and from a file,
// what kernel/posix/socket always has: both families, IPv4 in IPv6 sockets, no
// multipath TCP, and kernel/posix/file's somaxconn. That was 5 ms of every server.
const (
	probeSockets  = "func (p *ipStackCapabilities) probe() {\n"
	knownFamilies = probeSockets + "\tp.ipv4Enabled, p.ipv6Enabled, p.ipv4MappedIPv6Enabled = true, true, true\n}\n\n"
	knownBacklog  = "\tif true {\n\t\treturn 4096\n\t}\n"
)

// A GODEBUG setting that counts its use registers a metric, and with that the
// runtime built the table of all metrics. It is built when somebody reads it
// instead: a program that reads none does without its 30 KB.
const (
	metricsFile    = "runtime/metrics.go"
	registerMetric = `	metricsLock()
	initMetrics()
	d, ok := metrics[name]
	if !ok {
		throw("runtime: unexpected metric registration for " + name)
	}
	d.compute = metricReader(read).compute
	metrics[name] = d
	metricsUnlock()
}
`
	laterMetric = `	metricsLock()
	yolkMetrics = append(yolkMetrics, yolkMetric{name, read})
	if metricsInit {
		yolkEnterMetrics()
	}
	metricsUnlock()
}

type yolkMetric struct {
	name string
	read func() uint64
}

// yolkMetrics are registered and not yet in metrics.
var yolkMetrics []yolkMetric

func yolkEnterMetrics() {
	for _, m := range yolkMetrics {
		d, ok := metrics[m.name]
		if !ok {
			throw("runtime: unexpected metric registration for " + m.name)
		}
		d.compute = metricReader(m.read).compute
		metrics[m.name] = d
	}
	yolkMetrics = nil
}
`
)

// On arm64 clearing memory remembers the processor's block size in a variable. It
// must not be in BSS, which the kernel maps page by page, each cleared before. The
// variable has room for a second word, whose value moves it to the data segment.
const (
	memclrFile      = "runtime/memclr_arm64.s"
	blockSize       = "GLOBL block_size<>(SB), NOPTR, $8\n"
	blockSizeInData = "DATA block_size<>+4(SB)/4, $1\n" + blockSize
)

// The main goroutine runs the packages' initialisers, for which the least stack is
// never enough: to grow it was 300 blocks of every start.
const (
	leastStack = "\t\tnewg = malg(stackMin)\n"
	firstStack = "\t\tsize := int32(stackMin)\n\t\tif !mainStarted {\n\t\t\tsize = 8 * stackMin\n\t\t}\n\t\tnewg = malg(size)\n"
)

// The main goroutine is locked to its thread while packages are initialised, and
// was so before, while it waited for the collector's goroutines: a second thread
// was made at every start to run those.
const (
	lockMain        = "\tlockOSThread()\n"
	collectorStarts = "\tgcenable()\n"
)

// The monitor thread sleeps deeply once all Ps are idle, until one that is not
// makes a system call. The calls of a server do not trap: the kernel wakes it
// instead, when a thread has run for a slice.
const monitorSleeps = "\t\t\t\t\tsyscallWake = notetsleep(&sched.sysmonnote, sleep)\n"

// A signal that nobody handles ends the program: at once, or when what connections
// hold has been sent.
const (
	dieOfSignal = "\tif flags&_SigKill != 0 {\n\t\tdieFromSignal(sig)\n\t}\n"
	dieLater    = "\tif flags&_SigKill != 0 {\n\t\tif yolkPostpone(sig) {\n\t\t\treturn\n\t\t}\n\t\tdieFromSignal(sig)\n\t}\n"
)

// Package internal/godebug can switch a setting by call stack (GODEBUG=x=y#z),
// for a tool that builds a program anew for each try. It is 18 KB of an image.
const godebugFile = "internal/godebug/godebug.go"

// Package internal/syscall/unix borrows the runtime's own fcntl, which knows
// no files; os.NewFile asks it how a descriptor was opened.
const (
	fcntlFile   = "internal/syscall/unix/fcntl_unix.go"
	hookedFcntl = `func fcntl(fd int32, cmd int32, arg int32) (int32, int32) {
	r, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg))
	if errno != 0 {
		return -1, int32(errno)
	}
	return int32(r), 0
}
`
)

//go:embed files/netpoll_yolk.go.txt
var netpollText string

//go:embed files/syscall_yolk.go.txt
var syscallText string

//go:embed files/runtime_tamago.go.txt
var tamagoText string

//go:embed files/cgroup_yolk.go.txt
var cgroupText string

//go:embed files/signal_tamago.go.txt
var signalText string

//go:embed files/goos.go.txt
var goosText string

var replacements = []replacement{{
	file: "runtime/netpoll_epoll.go",
	expect: []string{
		"\nfunc netpollinit() {\n",
		"\nfunc netpollIsPollDescriptor(fd uintptr) bool {\n",
		"\nfunc netpollopen(fd uintptr, pd *pollDesc) uintptr {\n",
		"\nfunc netpollclose(fd uintptr) uintptr {\n",
		"\nfunc netpollarm(pd *pollDesc, mode int) {\n",
		"\nfunc netpollBreak() {\n",
		"\nfunc netpoll(delay int64) (gList, int32) {\n",
	},
	text: netpollText,
}, {
	file: "runtime/cgroup_linux.go",
	expect: []string{
		"\nfunc defaultGOMAXPROCSInit() {\n",
		"\nfunc defaultGOMAXPROCSUpdateGODEBUG() {\n",
		"\nfunc defaultGOMAXPROCS(ncpu int32) int32 {\n",
	},
	text: cgroupText,
}}

// additions do not depend on the architecture; the call table, which does, is
// generated beside them.
var additions = []addition{
	{"syscall/yolk_linux.go", syscallText},
	{"runtime/yolk_tamago.go", tamagoText},
	{"runtime/goos/goos.go", goosText},
	{"os/signal/yolk_tamago.go", signalText},
}
