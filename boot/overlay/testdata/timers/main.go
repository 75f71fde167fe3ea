// Timers has a clock call functions after a time. One after the other they are called on
// goroutines that have called one already, at the same time on different ones. Exit status
// 1: they are not.
package main

import (
	"bytes"
	"runtime"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/boot/overlay/testdata/wire"
)

const calls = 40 // as many as several goroutines that wait for one have in turn

func main() {
	time.AfterFunc(30*time.Second, func() { wire.Fail("functions that wait keep others from being called") })
	clock := tcpip.NewStdClock()
	inTurn(clock)
	atOnce(clock)
	inTurn(clock)
}

func inTurn(clock tcpip.Clock) {
	seen := map[string]bool{}
	for range calls {
		done := make(chan string)
		clock.AfterFunc(time.Millisecond, func() { done <- self() })
		seen[<-done] = true
	}
	if len(seen) > calls/2 {
		wire.Fail("%d of %d functions had a new goroutine", len(seen), calls)
	}
}

// atOnce has functions that return when all of them have been called.
func atOnce(clock tcpip.Clock) {
	var all sync.WaitGroup
	all.Add(calls)
	for range calls {
		clock.AfterFunc(0, func() { all.Done(); all.Wait() })
	}
	all.Wait()
}

// self names the goroutine that calls it.
func self() string {
	text := make([]byte, 64)
	name, _, _ := bytes.Cut(text[:runtime.Stack(text, false)], []byte(" ["))
	return string(name)
}
