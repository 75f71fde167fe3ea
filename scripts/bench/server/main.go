// Server is what make bench-http asks, the same program on Yolk and on Linux: GET /N has
// N bytes, from net/http on port 8080 and on 8081 from what a server does at least, on
// connections without net/http. With -count it asks itself over loopback, and prints the
// nanoseconds of a request and its answer: under -icount, instructions.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// sizes are those of the answers, in bytes.
var sizes = []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10}

func main() {
	log.SetFlags(0)
	log.SetPrefix("server: ")
	count := flag.Bool("count", false, "ask over loopback and print what a request costs")
	flag.Parse()
	whole, raw := listen(":8080"), listen(":8081")
	go func() { log.Fatal(http.Serve(whole, handler())) }()
	go func() { log.Fatal(serveRaw(raw)) }()
	fmt.Println("server: listening")
	if *count {
		if err := countAll(); err != nil {
			log.Fatal(err)
		}
		fmt.Println("server: counted")
	}
	time.Sleep(1 << 62)
}

func listen(addr string) net.Listener {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	return l
}

// body is what answers are made of.
func body(n int) []byte { return bytes.Repeat([]byte("x"), n) }

func handler() http.Handler {
	mux := http.NewServeMux()
	for _, n := range sizes {
		length, b := strconv.Itoa(n), body(n)
		mux.HandleFunc("GET /"+length, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Length", length)
			w.Write(b)
		})
	}
	return mux
}
