// Probe is the program that scripts/rpi3 runs on the board, on Yolk and on Linux: it
// says when the link is up, and serves and takes bytes.
package main

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// block is what bytes are made of; the script has the same.
var block = func() []byte {
	b := make([]byte, 64<<10)
	for i := range b {
		b[i] = byte(i*i>>3 + i)
	}
	return b
}()

func main() {
	go watch()
	http.HandleFunc("GET /bytes/{n}", send)
	http.HandleFunc("POST /sink", func(w http.ResponseWriter, r *http.Request) { take(w, r, nil) })
	http.HandleFunc("POST /hash", func(w http.ResponseWriter, r *http.Request) { take(w, r, sha256.New()) })
	log.Fatal(http.ListenAndServe(":8080", nil))
}

// watch waits for the link.
func watch() {
	for ; ; time.Sleep(5 * time.Millisecond) {
		if i, err := net.InterfaceByName("eth0"); err == nil && i.Flags&net.FlagRunning != 0 {
			fmt.Println("probe: link up")
			return
		}
	}
}

// send writes n bytes.
func send(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 {
		http.Error(w, "how many bytes?", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(n))
	for n > 0 {
		k, err := w.Write(block[:min(n, len(block))])
		if err != nil {
			return
		}
		n -= k
	}
}

// take reads all there is, and says how many bytes and what they sum to.
func take(w http.ResponseWriter, r *http.Request, h hash.Hash) {
	to := io.Discard
	if h != nil {
		to = h
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{to}, r.Body, make([]byte, 256<<10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if fmt.Fprint(w, n); h != nil {
		fmt.Fprintf(w, " %x", h.Sum(nil))
	}
}
