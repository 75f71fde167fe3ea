// Clock serves what it sees of time and chance: GET / answers one line of JSON.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// Seen is one answer.
type Seen struct {
	Wall    int64  // nanoseconds since 1970
	Elapsed int64  // and since the start, by the monotonic clock
	Back    int64  // times that the monotonic clock went back
	Sleeps  int64  // sleeps of 10 ms since the start
	Random  string // 16 bytes
	Math    string // as many of math/rand/v2
}

func main() {
	start := time.Now()
	var back, sleeps atomic.Int64
	go func() {
		for latest := time.Since(start); ; sleeps.Add(1) {
			time.Sleep(10 * time.Millisecond)
			now := time.Since(start)
			if now < latest+10*time.Millisecond {
				back.Add(1)
			}
			latest = now
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 16)
		rand.Read(b)
		now := time.Now()
		m := fmt.Sprintf("%016x%016x", mathrand.Uint64(), mathrand.Uint64())
		json.NewEncoder(w).Encode(Seen{now.UnixNano(), int64(now.Sub(start)), back.Load(), sleeps.Load(), hex.EncodeToString(b), m})
	})
	fmt.Println("clock: it is", start.UTC().Format(time.DateTime))
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":8080", nil))
}
