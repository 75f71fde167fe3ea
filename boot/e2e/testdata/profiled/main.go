// Profiled is a server with net/http/pprof, and something to do all the time.
package main

import (
	"log"
	"net/http"
	_ "net/http/pprof"
	"time"
)

func main() {
	go busy()
	log.Fatal(http.ListenAndServe(":8080", nil))
}

var kept [][]byte

//go:noinline
func busy() {
	for {
		spin(1e6)
		kept = append(kept, make([]byte, 100))
		time.Sleep(time.Millisecond)
	}
}

//go:noinline
func spin(n int) (sum int) {
	for i := range n {
		sum += i * i
	}
	return sum
}
