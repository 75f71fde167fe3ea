// Load makes many connections to itself, files, or goroutines, keeps them, and prints at a
// twentieth, a tenth, a fifth, half and all of them how long that took and how much memory.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	connections := flag.Int("connections", 0, "connections")
	files := flag.Int("files", 0, "files")
	goroutines := flag.Int("goroutines", 0, "goroutines")
	flag.Parse()
	for _, k := range []struct {
		n    int
		name string
		make func(n int) (one func(i int) error)
	}{{*connections, "connections", connect}, {*files, "files", create}, {*goroutines, "goroutines", wait}} {
		if err := grow(k.n, k.name, k.make); err != nil {
			log.Fatal(err) // init of the Linux guest must not end, and does not
		}
	}
	fmt.Println("end")
	select {}
}

// grow makes n of something one by one, and says how that goes.
func grow(n int, name string, prepare func(n int) func(i int) error) error {
	if n == 0 {
		return nil
	}
	one, free := prepare(n), available()
	start := time.Now()
	for i := range n {
		if err := one(i); err != nil {
			return fmt.Errorf("%s: number %d: %w", name, i, err)
		}
		for _, part := range []int{20, 10, 5, 2, 1} {
			if (i+1)*part == n {
				fmt.Printf("figure %d %s, ms = %d\n", i+1, name, time.Since(start).Milliseconds())
				fmt.Printf("figure %d %s, KiB = %d\n", i+1, name, free-available())
			}
		}
	}
	runtime.KeepAlive(one) // and what it has made
	return nil
}

// available is how many KiB of memory are (proc(5)).
func available() (kib int) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			fmt.Sscan(text, &kib)
		}
	}
	return kib
}

// connect makes connections over the loopback device that answer: each has a goroutine.
func connect(n int) func(int) error {
	room := &syscall.Rlimit{Cur: uint64(2*n + 100), Max: uint64(2*n + 100)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, room); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				log.Fatal(err)
			}
			go echo(c)
		}
	}()
	var kept []net.Conn
	return func(i int) error {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return err
		}
		kept = append(kept, c)
		if i < n-1 {
			return answers(c)
		}
		for i, c := range kept { // all of them are open still
			if err := answers(c); err != nil {
				return fmt.Errorf("%d of %d: %w", i, n, err)
			}
		}
		return nil
	}
}

// echo sends back what comes. io.Copy would have a pipe for each connection (splice).
func echo(c net.Conn) {
	var b [1]byte
	for {
		if _, err := c.Read(b[:]); err != nil {
			return
		}
		if _, err := c.Write(b[:]); err != nil {
			return
		}
	}
}

// answers sends a byte and waits for it.
func answers(c net.Conn) error {
	var b [1]byte
	if _, err := c.Write(b[:]); err != nil {
		return err
	}
	_, err := io.ReadFull(c, b[:])
	return err
}

// create makes files of 100 bytes, a thousand in each folder.
func create(int) func(int) error {
	var text [100]byte
	return func(i int) error {
		dir := fmt.Sprintf("/tmp/%d", i/1000)
		if i%1000 == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
		return os.WriteFile(fmt.Sprintf("%s/%d", dir, i), text[:], 0o644)
	}
}

// wait makes goroutines that wait for ever.
func wait(int) func(int) error {
	started, never := make(chan bool), make(chan bool)
	return func(int) error {
		go func() { started <- true; <-never }()
		<-started
		return nil
	}
}
