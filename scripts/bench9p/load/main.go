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

// msize is the largest message that the Linux guest may send: its driver makes 512 000 of it,
// for which a ring has descriptors.
const msize = 512 << 10

// lap is how long each use is measured. On a busy host a machine may stand still for a tenth
// of a second.
var lap = 2 * time.Second

func main() {
	names := flag.Int("files", 10_000, "how many files are made")
	flag.DurationVar(&lap, "lap", lap, "how long each other use is measured at least")
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
	whole := func(do func(p []byte, off int64) (int, error)) func() {
		return func() {
			for off := int64(0); off < size; off += large {
				_, err := do(buf, off)
				must(err)
			}
		}
	}
	measure("write MB/s", size/1e6, whole(f.WriteAt))
	measure("read MB/s", size/1e6, whole(f.ReadAt))
	spread("random reads/s", 1, f.ReadAt)
	spread("random writes/s", 1, f.WriteAt)
	spread("random reads/s by 8", 8, f.ReadAt)
	syncs()
	files(*names)
	must(f.Close())
	fmt.Println("end")
	for *mount {
		time.Sleep(time.Hour) // process 1 does not end
	}
}

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func say(name string, value float64) { fmt.Printf("figure %s = %.1f\n", name, value) }

// measure says how often a second do was done, times n, after it was done once: then the
// emulator has translated it, and the host has found room for the file.
func measure(name string, n float64, do func()) {
	do()
	times, begun := 0, time.Now()
	for time.Since(begun) < lap {
		do()
		times++
	}
	say(name, n*float64(times)/time.Since(begun).Seconds())
}

// spread does small reads or writes here and there, by several goroutines.
func spread(name string, by int, do func(p []byte, off int64) (int, error)) {
	const each = 100
	measure(name, float64(each*by), func() {
		var all sync.WaitGroup
		for range by {
			all.Go(func() {
				p := make([]byte, small)
				for range each {
					_, err := do(p, rand.Int64N(size/small)*small)
					must(err)
				}
			})
		}
		all.Wait()
	})
}

// syncs appends records, each of which is durable before the next.
func syncs() {
	f, err := os.OpenFile(filepath.Join(folder, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	must(err)
	record := make([]byte, 100)
	measure("appended and synced/s", 1, func() {
		_, err := f.Write(record)
		must(err)
		must(f.Sync())
	})
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
