// Server is what the soak attacks: an ordinary net/http server, without the
// time-outs that a careful one would have, so that all it holds against a hostile
// client is the machine's.
//
//	/            a small page
//	/bytes/N     N bytes
//	/compute?ms=N  computes for N milliseconds without one call that waits
//	/stats       what the machine holds, as JSON; ?gc=1 collects garbage first
//
// On another port, without net/http, each request is answered with 64 KiB.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"yolk/scripts/soak/served"
)

func main() {
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, served.Page) })
	http.HandleFunc("GET /bytes/{n}", bytes)
	http.HandleFunc("GET /compute", compute)
	http.HandleFunc("GET /stats", stats)
	go plain(":8081")
	l, err := net.Listen("tcp", ":8080")
	if err != nil {
		log.Fatal("server: ", err)
	}
	fmt.Printf("server: listening on %s\n", l.Addr())
	log.Fatal("server: ", http.Serve(l, nil))
}

// block is all that a large answer takes of the program's own memory.
var block [32 << 10]byte

func bytes(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 {
		http.Error(w, "how many bytes?", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(n))
	w.Header().Set("Content-Type", "application/octet-stream")
	for n > 0 && err == nil {
		var k int
		k, err = w.Write(block[:min(n, len(block))])
		n -= k
	}
}

// compute is a loop that only preemption ends.
func compute(w http.ResponseWriter, r *http.Request) {
	ms, _ := strconv.Atoi(r.FormValue("ms"))
	x := uint64(1)
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); {
		for range 1 << 16 {
			x = x*6364136223846793005 + 1
		}
	}
	fmt.Fprintln(w, x)
}
