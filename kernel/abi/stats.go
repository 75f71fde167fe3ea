package abi

import "unsafe"

// Stats is what SysStats fills: counters since boot, and bytes, threads and timers now.
type Stats struct {
	MemoryTotal, MemoryUsed, MemoryPeak, LargestFree uint64 // of page frames, bytes
	Allocs, Frees, AllocFailures                     uint64 // of blocks of frames
	PageFaults                                       uint64 // pages populated on demand
	Threads, Timers                                  uint64
	Switches                                         uint64
	Busy                                             uint64 // ns that threads ran, on all processors
	RandomBytes, Reseeds, ReseedFailures             uint64
}

// StatsSize is its size in bytes.
const StatsSize = uint64(unsafe.Sizeof(Stats{}))
