// Timers has a clock call functions after a time. One after the other they are called on
// goroutines that have called one already, at the same time on a few. Exit status 1: they
// are not.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/boot/overlay/testdata/wire"
)

const (
	calls = 40  // as many as several goroutines that wait for one have in turn
	crowd = 800 // and more than they have at the same time
)

func main() {
	time.AfterFunc(30*time.Second, func() { wire.Fail("functions are not called") })
	clock := tcpip.NewStdClock()
	wrong := inTurn(clock) + atOnce(clock) + inTurn(clock)
	if wrong != "" {
		wire.Fail("%s", wrong)
	}
}

func inTurn(clock tcpip.Clock) (wrong string) {
	seen := map[string]bool{}
	for range calls {
		done := make(chan string)
		clock.AfterFunc(time.Millisecond, func() { done <- self() })
		seen[<-done] = true
	}
	if len(seen) > calls/2 {
		wrong = fmt.Sprintf("%d of %d functions had a new goroutine\n", len(seen), calls)
	}
	return wrong
}

// atOnce has the functions of many timers called that have gone off at the same time, each
// of which takes its time and a lock that the others need as well.
func atOnce(clock tcpip.Clock) (wrong string) {
	var (
		all  sync.WaitGroup
		lock sync.Mutex
		most int
	)
	all.Add(crowd)
	lock.Lock()
	for range crowd {
		clock.AfterFunc(time.Millisecond, func() {
			lock.Lock()
			most = max(most, runtime.NumGoroutine())
			lock.Unlock()
			all.Done()
		})
	}
	time.Sleep(10 * time.Millisecond)
	lock.Unlock()
	all.Wait()
	if most > crowd/2 {
		wrong = fmt.Sprintf("there were %d goroutines for %d functions\n", most, crowd)
	}
	return wrong
}

// self names the goroutine that calls it.
func self() string {
	text := make([]byte, 64)
	name, _, _ := bytes.Cut(text[:runtime.Stack(text, false)], []byte(" ["))
	return string(name)
}
