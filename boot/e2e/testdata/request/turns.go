package main

import (
	"fmt"
	"net"
	"sync/atomic"
)

// turns has connections ask all at the same time, and prints how many answers the last
// has when the first has all of its.
func turns() {
	const connections, all = 10, requests / 5 // which one can have in a time slice
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	var answers [connections]atomic.Int32
	begin, first := make(chan bool), make(chan bool, connections)
	for i := range answers {
		go serve(l)
		c, err := net.Dial("tcp", l.Addr().String())
		check(err)
		go func() {
			for <-begin; ; answers[i].Add(1) {
				if answers[i].Load() == all {
					first <- true
				}
				ask(c, 1)
			}
		}()
	}
	close(begin)
	<-first
	least := int32(all)
	for i := range answers {
		least = min(least, answers[i].Load())
	}
	fmt.Printf("the last of %d connections has %d answers when the first has %d\n", connections, least, all)
}
