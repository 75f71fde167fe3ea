package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// pin ties the calling thread to one processor.
func pin(cpu int) {
	mask := uint64(1) << cpu
	if _, _, e := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask))); e != 0 {
		fmt.Println("sched_setaffinity:", e)
	}
}

// where returns the processor that the calling thread runs on.
func where() (cpu uint32) {
	syscall.RawSyscall(sysGetcpu, uintptr(unsafe.Pointer(&cpu)), 0, 0)
	return cpu
}

// pinEach moves a thread from processor to processor while others want them.
func pinEach([]string) {
	for range runtime.NumCPU() {
		go func() {
			for {
				runtime.Gosched()
			}
		}()
	}
	runtime.LockOSThread()
	for i := range 20 * runtime.NumCPU() {
		want := i % runtime.NumCPU()
		pin(want)
		if got := where(); got != uint32(want) {
			fmt.Println("on", got, "when pinned to", want)
			return
		}
	}
	fmt.Println("pinned to each of", runtime.NumCPU())
}

// share says whether a thread that keeps a processor busy shares it with one
// that wants it now and then. Both are pinned to the first.
func share([]string) {
	var turns atomic.Uint64
	ready := make(chan bool)
	runtime.GOMAXPROCS(2)
	runtime.LockOSThread()
	pin(0)
	go func() {
		runtime.LockOSThread()
		pin(0)
		ready <- true
		for nap := (syscall.Timespec{Nsec: 1e6}); ; turns.Add(1) {
			syscall.Nanosleep(&nap, nil)
		}
	}()
	<-ready
	for turns.Load() == 0 { // until it is in its loop
		time.Sleep(time.Millisecond)
	}
	before := turns.Load()
	for i := 0; i < 3e8; i++ { // many naps long, and nowhere to be preempted by the runtime
	}
	if turns.Load() == before {
		fmt.Println("alone")
	} else {
		fmt.Println("shared")
	}
}
