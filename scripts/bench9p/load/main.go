//go:build linux

// Load uses a folder as scripts/bench9p measures it, and prints a line for each figure.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	folder = "/data"
	size   = 64 << 20
	large  = 1 << 20 // of a sequential read or write
	small  = 4096
)

// msize is the largest message that the Linux guest may send, as is Yolk's.
const msize = 512 << 10

func main() {
	ops := flag.Int("ops", 2000, "how many small reads and writes, and files")
	mount := flag.Bool("mount", false, "mount the folder first, as on Linux, and stay when all is done")
	flag.Parse()
	if *mount {
		must(os.MkdirAll(folder, 0o755))
		must(syscall.Mount("fs0", folder, "9p", 0, fmt.Sprintf("trans=virtio,version=9p2000.L,msize=%d", msize)))
	}
	f, err := os.Create(filepath.Join(folder, "file"))
	must(err)
	buf := make([]byte, large)
	for i := range buf {
		buf[i] = byte(i)
	}
	whole := func(name string, do func(p []byte, off int64) (int, error)) {
		begun := time.Now()
		for off := int64(0); off < size; off += large {
			_, err := do(buf, off)
			must(err)
		}
		say(name, size/1e6/time.Since(begun).Seconds())
	}
	whole("write MB/s", f.WriteAt)
	whole("read MB/s", f.ReadAt)
	spread("random reads/s", *ops, 1, f.ReadAt)
	spread("random writes/s", *ops, 1, f.WriteAt)
	spread("random reads/s by 8", *ops, 8, f.ReadAt)
	syncs(*ops / 10)
	files(*ops)
	must(f.Close())
	fmt.Println("end")
	if *mount {
		select {} // process 1 does not end
	}
}

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func say(name string, value float64) { fmt.Printf("figure %s = %.1f\n", name, value) }

// spread does small reads or writes here and there, by several goroutines.
func spread(name string, n, by int, do func(p []byte, off int64) (int, error)) {
	begun := time.Now()
	var all sync.WaitGroup
	for k := range by {
		all.Go(func() {
			r, p := rand.New(rand.NewPCG(uint64(k), 1)), make([]byte, small)
			for range n / by {
				_, err := do(p, r.Int64N(size/small)*small)
				must(err)
			}
		})
	}
	all.Wait()
	say(name, float64(n)/time.Since(begun).Seconds())
}

// syncs appends records, each of which is durable before the next.
func syncs(n int) {
	f, err := os.OpenFile(filepath.Join(folder, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	must(err)
	record := make([]byte, 100)
	begun := time.Now()
	for range n {
		_, err := f.Write(record)
		must(err)
		must(f.Sync())
	}
	say("appended and synced/s", float64(n)/time.Since(begun).Seconds())
	must(f.Close())
}

// files makes empty files, lists and removes them.
func files(n int) {
	dir := filepath.Join(folder, "files")
	must(os.Mkdir(dir, 0o755))
	name := func(i int) string { return filepath.Join(dir, fmt.Sprint("file", i)) }
	begun := time.Now()
	for i := range n {
		f, err := os.Create(name(i))
		must(err)
		must(f.Close())
	}
	say("files made/s", float64(n)/time.Since(begun).Seconds())
	begun = time.Now()
	for i := range n {
		_, err := os.Stat(name(i))
		must(err)
	}
	say("files looked up/s", float64(n)/time.Since(begun).Seconds())
	begun = time.Now()
	for i := range n {
		must(os.Remove(name(i)))
	}
	say("files removed/s", float64(n)/time.Since(begun).Seconds())
	must(os.Remove(dir)) // for the next round
}
