package arch

import "yolk/arch/arm64"

type (
	Frame     = arm64.Frame
	Context   = arm64.Context
	CPU       = arm64.CPU
	WallClock = arm64.WallClock
)

const (
	FPAreaSize = arm64.FPAreaSize

	PTEPresent = arm64.PTEPresent
	PTEAddr    = arm64.PTEAddr
	PTETable   = arm64.PTETable
	PTEDevice  = arm64.PTEDevice

	BroadcastTLB = true // InvalidatePage reaches every processor

	FaultWrite = arm64.FaultWrite
	FaultFetch = arm64.FaultFetch
)

// What these do is said in arch/arm64.
func This() *CPU                      { return arm64.This() }
func HWCap() uint64                   { return arm64.HWCap() }
func GoEntry() uintptr                { return arm64.GoEntry() }
func PTEPage(write, exec bool) uint64 { return arm64.PTEPage(write, exec) }
func PTEBlock(page uint64) uint64     { return arm64.PTEBlock(page) }
func PTEIsTable(e uint64) bool        { return arm64.PTEIsTable(e) }
func HasGiantPages() bool             { return arm64.HasGiantPages() }
func UseTables(root uint64)           { arm64.UseTables(root) }
func InvalidatePage(va uintptr)       { arm64.InvalidatePage(va) }
func FlushTLB()                       { arm64.FlushTLB() }
func SyncTables()                     { arm64.SyncTables() }
func ImagePhys(va uint64) uint64      { return arm64.ImagePhys(va) }
func TryLock(lock *uint32) bool       { return arm64.TryLock(lock) }
func Now() uint64                     { return arm64.Now() }
func Wall() *WallClock                { return &arm64.Wall }
func WaitForInterrupt()               { arm64.WaitForInterrupt() }
func Halt()                           { arm64.Halt() }
func Pause()                          { arm64.Pause() }
