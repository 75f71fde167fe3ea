package syscalls

import (
	"yolk/arch"
	"yolk/kernel/clock"
)

// machine is what uname reports.
const processorName = "x86_64"

// Those that ServeFiles enters.
const (
	nrMremap  = 25
	nrMsync   = 26
	nrMadvise = 28
)

// calls is indexed by Linux's x86-64 call number.
var calls = [...]func(*arch.Frame){
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
	95:  sysUmask,
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
	122: sysZero, // setfsuid
	123: sysZero, // setfsgid
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
	160: sysSetrlimit,
	162: sysZero, // sync
	169: sysReboot,
	170: sysSethostname,
	186: sysGettid,
	200: sysTkill,
	201: sysTime,
	202: sysFutex,
	203: sysSetaffinity,
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

// cloneTLS is clone's tls argument: (flags, stack, parent_tid, child_tid, tls).
func cloneTLS(f *arch.Frame) uint64 { return f.A4() }

// sysArchPrctl sets the FS base; the runtime asks for nothing else.
func sysArchPrctl(f *arch.Frame) {
	const setFS = 0x1002
	if f.A0() != setFS {
		f.Return(fail(errINVAL))
		return
	}
	current().TLS = f.A1()
	f.Return(0)
}

func sysTime(f *arch.Frame) {
	now := clock.Wall() / second
	if f.A0() != 0 {
		if !user(f.A0(), 8) {
			f.Return(fail(errFAULT))
			return
		}
		*u64(f.A0()) = now
	}
	f.Return(now)
}
