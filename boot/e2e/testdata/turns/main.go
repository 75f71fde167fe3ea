// Turns unmaps memory, for which all processors must forget translations, while two
// goroutines compute without a pause. It prints how many of forty times that took more than
// 2 ms, of 0.3 that the work takes.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func main() {
	for range 2 {
		go func() {
			for {
			}
		}()
	}
	long := 0
	for range 40 {
		b, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for j := 0; j < len(b); j += os.Getpagesize() {
			b[j] = 1
		}
		start := time.Now()
		syscall.Munmap(b)
		if time.Since(start) > 2*time.Millisecond {
			long++
		}
	}
	fmt.Println(long)
}
