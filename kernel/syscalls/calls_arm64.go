package syscalls

import "yolk/arch"

// machine is what uname reports.
const processorName = "aarch64"

// Those that ServeFiles enters.
const (
	nrMremap  = 216
	nrMsync   = 227
	nrMadvise = 233
)

// calls is indexed by the call numbers of Linux's generic table.
var calls = [...]func(*arch.Frame){
	21:  sysNoFile, // epoll_ctl
	22:  sysNoFile, // epoll_pwait
	25:  sysFcntl,
	48:  sysNoEntry, // faccessat
	56:  sysNoEntry, // openat: the runtime's own probes of /sys and /proc
	57:  sysClose,
	63:  sysNoFile, // read
	64:  sysWrite,
	81:  sysZero, // sync
	90:  sysCapget,
	93:  sysExit,
	94:  sysExitGroup,
	95:  sysNoChild, // waitid
	98:  sysFutex,
	101: sysNanosleep,
	103: sysSetitimer,
	113: sysClockGettime,
	114: sysClockGetres,
	115: sysClockNanosleep,
	122: sysSetaffinity,
	123: sysGetaffinity,
	124: sysYield,
	129: sysKill,
	130: sysTkill,
	131: sysTgkill,
	132: sysSigaltstack,
	134: sysSigaction,
	135: sysSigprocmask,
	139: sysSigreturn,
	140: sysZero, // setpriority
	141: sysGetpriority,
	142: sysReboot,
	143: sysZero, // setregid
	144: sysZero, // setgid
	145: sysZero, // setreuid
	146: sysZero, // setuid
	147: sysZero, // setresuid
	149: sysZero, // setresgid
	151: sysZero, // setfsuid
	152: sysZero, // setfsgid
	153: sysTimes,
	154: sysZero, // setpgid
	155: sysOne,  // getpgid
	156: sysOne,  // getsid
	157: sysOne,  // setsid
	158: sysZero, // getgroups
	159: sysZero, // setgroups
	160: sysUname,
	161: sysSethostname,
	163: sysGetrlimit,
	164: sysSetrlimit,
	165: sysGetrusage,
	166: sysUmask,
	167: sysPrctl,
	168: sysGetcpu,
	169: sysGettimeofday,
	172: sysOne,  // getpid
	173: sysZero, // getppid
	174: sysZero, // getuid
	175: sysZero, // geteuid
	176: sysZero, // getgid
	177: sysZero, // getegid
	178: sysGettid,
	179: sysSysinfo,
	214: sysZero, // brk
	215: sysMunmap,
	220: sysClone,
	222: sysMmap,
	226: sysMprotect,
	228: sysZero, // mlock
	229: sysZero, // munlock
	230: sysZero, // mlockall
	231: sysZero, // munlockall
	232: sysMincore,
	233: sysMadvise,
	260: sysNoChild, // wait4
	261: sysPrlimit,
	278: sysGetrandom,
}

// cloneTLS is clone's tls argument: (flags, stack, parent_tid, tls, child_tid).
func cloneTLS(f *arch.Frame) uint64 { return f.A3() }
