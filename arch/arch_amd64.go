package arch

import (
	"sync/atomic"

	"yolk/arch/amd64"
)

type (
	Frame     = amd64.Frame
	Context   = amd64.Context
	CPU       = amd64.CPU
	WallClock = amd64.WallClock
)

const (
	FPAreaSize = amd64.FPAreaSize

	PTEPresent = amd64.PTEPresent
	PTEAddr    = amd64.PTEAddr
	PTETable   = amd64.PTETable
	PTEDevice  = amd64.PTEDevice

	BroadcastTLB = amd64.BroadcastTLB

	FaultWrite = amd64.FaultWrite
	FaultFetch = amd64.FaultFetch
)

// What these do is said in arch/amd64.
func This() *CPU                      { return amd64.This() }
func HWCap() uint64                   { return 0 } // programs ask CPUID
func GoEntry() uintptr                { return amd64.GoEntry() }
func PTEPage(write, exec bool) uint64 { return amd64.PTEPage(write, exec) }
func PTEBlock(page uint64) uint64     { return amd64.PTEBlock(page) }
func PTEIsTable(e uint64) bool        { return amd64.PTEIsTable(e) }
func HasGiantPages() bool             { return amd64.HasGiantPages() }
func UseTables(root uint64)           { amd64.UseTables(root) }
func InvalidatePage(va uintptr)       { amd64.InvalidatePage(va) }
func FlushTLB()                       { amd64.FlushTLB() }
func SyncTables()                     {}
func ImagePhys(va uint64) uint64      { return va }
func TryLock(lock *uint32) bool       { return atomic.CompareAndSwapUint32(lock, 0, 1) }
func Now() uint64                     { return amd64.Now() }
func Wall() *WallClock                { return &amd64.Wall }
func WaitForInterrupt()               { amd64.WaitForInterrupt() }
func Halt()                           { amd64.Halt() }
func Pause()                          { amd64.Pause() }
