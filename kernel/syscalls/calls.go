package syscalls

import (
	"yolk/arch"
	"yolk/kernel/abi"
)

// yolkCalls are those of package abi.
var yolkCalls = [...]func(*arch.Frame){
	abi.SysConsoleWrite - abi.SysFirst: sysConsoleWrite,
	abi.SysPoll - abi.SysFirst:         sysPoll,
	abi.SysPollWake - abi.SysFirst:     sysPollWake,
	abi.SysDMAAlloc - abi.SysFirst:     sysDMAAlloc,
	abi.SysDMAFree - abi.SysFirst:      sysDMAFree,
	abi.SysMapDevice - abi.SysFirst:    sysMapDevice,
	abi.SysFrames - abi.SysFirst:       sysFrames,
	abi.SysRandom - abi.SysFirst:       sysRandom,
	abi.SysCrash - abi.SysFirst:        sysCrash,
	abi.SysSeed - abi.SysFirst:         sysSeed,
	abi.SysTimers - abi.SysFirst:       sysTimers,
	abi.SysWatch - abi.SysFirst:        sysWatch,
	abi.SysPark - abi.SysFirst:         sysPark,
	abi.SysConsoleRead - abi.SysFirst:  sysConsoleRead,
	abi.SysEventNew - abi.SysFirst:     sysEventNew,
	abi.SysEventRoute - abi.SysFirst:   sysEventRoute,
	abi.SysEventMessage - abi.SysFirst: sysEventMessage,
	abi.SysEventOpen - abi.SysFirst:    sysEventOpen,
	abi.SysEventFire - abi.SysFirst:    sysEventFire,

	abi.SysStats - abi.SysFirst: nil, // the last of those that ServeFiles and ServeStats enter
}

func sysZero(f *arch.Frame)    { f.Return(0) }
func sysOne(f *arch.Frame)     { f.Return(1) }
func sysNoEntry(f *arch.Frame) { f.Return(fail(errNOENT)) }
func sysNoChild(f *arch.Frame) { f.Return(fail(errCHILD)) }
