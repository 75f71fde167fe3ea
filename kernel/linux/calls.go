package linux

import "yolk/arch/amd64"

// Calls of Yolk's own. The runtime's poller (boot/overlay), kernel/file and
// kernel/device make them.
const (
	sysYolkFirst = 1001

	SysConsoleWrite = 1001 // (p, n)
	SysPoll         = 1002 // (ns)
	SysPollWake     = 1003 // ()
	SysDMAAlloc     = 1004 // (order): physical address
	SysDMAFree      = 1005 // (physical address)
	SysMapDevice    = 1006 // (physical address, n): virtual address
	SysRandom       = 1007 // getrandom, whose own number kernel/file serves
	SysCrash        = 1008 // (how): break the kernel, for tests of its failing
	SysSeed         = 1009 // (*[SeedWords]uint64): seed the random number generator
)

var yolkCalls = [...]func(*amd64.Frame){
	SysConsoleWrite - sysYolkFirst: sysConsoleWrite,
	SysPoll - sysYolkFirst:         sysPoll,
	SysPollWake - sysYolkFirst:     sysPollWake,
	SysDMAAlloc - sysYolkFirst:     sysDMAAlloc,
	SysDMAFree - sysYolkFirst:      sysDMAFree,
	SysMapDevice - sysYolkFirst:    sysMapDevice,
	SysRandom - sysYolkFirst:       sysGetrandom,
	SysCrash - sysYolkFirst:        sysCrash,
	SysSeed - sysYolkFirst:         sysSeed,
}

// calls is indexed by Linux's x86-64 call number.
var calls = [...]func(*amd64.Frame){
	0:   sysNoFile, // read
	1:   sysWrite,
	3:   sysClose,
	9:   sysMmap,
	10:  sysMprotect,
	11:  sysMunmap,
	12:  sysZero, // brk
	13:  sysSigaction,
	14:  sysSigprocmask,
	15:  sysSigreturn,
	24:  sysYield,
	27:  sysMincore,
	28:  sysMadvise,
	35:  sysNanosleep,
	38:  sysSetitimer,
	39:  sysOne, // getpid
	56:  sysClone,
	60:  sysExit,
	61:  sysNoChild, // wait4
	62:  sysKill,
	63:  sysUname,
	72:  sysFcntl,
	96:  sysGettimeofday,
	97:  sysGetrlimit,
	98:  sysGetrusage,
	99:  sysSysinfo,
	100: sysTimes,
	102: sysZero, // getuid
	104: sysZero, // getgid
	105: sysZero, // setuid
	106: sysZero, // setgid
	107: sysZero, // geteuid
	108: sysZero, // getegid
	109: sysZero, // setpgid
	110: sysZero, // getppid
	111: sysOne,  // getpgrp
	112: sysOne,  // setsid
	113: sysZero, // setreuid
	114: sysZero, // setregid
	115: sysZero, // getgroups
	116: sysZero, // setgroups
	117: sysZero, // setresuid
	119: sysZero, // setresgid
	121: sysOne,  // getpgid
	124: sysOne,  // getsid
	125: sysCapget,
	131: sysSigaltstack,
	140: sysGetpriority,
	141: sysZero, // setpriority
	149: sysZero, // mlock
	150: sysZero, // munlock
	151: sysZero, // mlockall
	152: sysZero, // munlockall
	157: sysPrctl,
	158: sysArchPrctl,
	160: sysZero, // setrlimit
	162: sysZero, // sync
	170: sysSethostname,
	186: sysGettid,
	200: sysTkill,
	201: sysTime,
	202: sysFutex,
	203: sysZero, // sched_setaffinity
	204: sysGetaffinity,
	228: sysClockGettime,
	229: sysClockGetres,
	230: sysClockNanosleep,
	231: sysExitGroup,
	232: sysNoFile, // epoll_wait
	233: sysNoFile, // epoll_ctl
	234: sysTgkill,
	247: sysNoChild, // waitid
	257: sysNoEntry, // openat: the runtime's own probes of /sys and /proc
	269: sysNoEntry, // faccessat
	281: sysNoFile,  // epoll_pwait
	302: sysPrlimit,
	309: sysGetcpu,
	318: sysGetrandom,
}

func sysZero(f *amd64.Frame)    { f.AX = 0 }
func sysOne(f *amd64.Frame)     { f.AX = 1 }
func sysNoEntry(f *amd64.Frame) { f.AX = fail(errNOENT) }
func sysNoChild(f *amd64.Frame) { f.AX = fail(errCHILD) }
