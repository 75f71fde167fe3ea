// Probe does one thing that a machine must survive or report, named by its
// first argument. It is plain Go and says the same under `go run`.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"yolk/kernel/abi"
)

func main() {
	do, ok := probes[strings.Join(os.Args[1:2], "")]
	if !ok {
		fmt.Println("no such probe:", os.Args)
		os.Exit(99)
	}
	do(os.Args[2:])
}

var probes = map[string]func(args []string){
	"args":     func(args []string) { fmt.Printf("%q\n", args) },
	"env":      func(args []string) { fmt.Printf("%q\n", os.Getenv(args[0])) },
	"exit":     func(args []string) { n, _ := strconv.Atoi(args[0]); os.Exit(n) },
	"panic":    func([]string) { panic("on purpose") },
	"nil":      nilPointer,
	"divide":   divide,
	"overflow": func([]string) { debug.SetMaxStack(8 << 20); fmt.Println(deep(1)) },
	"memory":   exhaust,
	"churn":    churn,
	"deadlock": func([]string) { select {} },
	"stdin":    echo,
	"cat":      cat,
	"spin":     spin,
	"idle": func([]string) {
		time.Sleep(20 * time.Millisecond)
		fmt.Println("waiting")
		time.Sleep(time.Hour)
	},
	"compute": func([]string) {
		fmt.Println("waiting")
		for {
		}
	},
	"asked":    asked,
	"crash":    crash,
	"signals":  signals,
	"files":    files,
	"mappings": mappings,
	"filemaps": filemaps,
	"fill":     fill,
	"pin":      pinEach,
	"share":    share,
	"protect":  protect,
	"clock":    func([]string) { fmt.Println("it is 2026 or later:", time.Now().Year() >= 2026) },
	"facts":    func([]string) { fmt.Println(runtime.GOOS, runtime.GOARCH, runtime.NumCPU()) },
}

// asked says by which signal it was asked to end and takes the time that it is given.
// The machine has been idle by the time that it can be asked.
func asked(args []string) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	time.Sleep(20 * time.Millisecond)
	fmt.Println("waiting")
	fmt.Println("got", <-c)
	d, _ := time.ParseDuration(args[0])
	time.Sleep(d)
	os.Exit(7)
}

// nilPointer recovers from a fault, and then works on.
func nilPointer([]string) {
	defer func() {
		fmt.Println("recovered:", recover())
		c := make(chan int)
		go func() { c <- 42 }()
		fmt.Println("still works:", <-c)
	}()
	var p *struct{ far [100]int }
	fmt.Println(p.far[7])
}

func divide(args []string) {
	defer func() { fmt.Println("recovered:", recover()) }()
	fmt.Println(1 / len(args))
}

// deep recurses without end; its result keeps the compiler from a loop.
func deep(n int) int { return deep(n+1) + n }

// exhaust touches memory until there is none.
func exhaust([]string) {
	var all [][]byte
	for {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
		if len(all)%16 == 0 {
			fmt.Println(len(all), "MiB")
		}
	}
}

// churn keeps 32 MiB alive in 512 KiB pieces while goroutines put new ones in
// the place of old ones.
func churn([]string) {
	var pieces [64]atomic.Pointer[[512 << 10]byte]
	renew := func(i int) {
		b := new([512 << 10]byte)
		for k := 0; k < len(b); k += 4096 {
			b[k] = 1
		}
		pieces[i%len(pieces)].Store(b)
	}
	for i := range pieces {
		renew(i)
	}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 60 {
				renew(g*29 + i*13)
			}
		})
	}
	all.Wait()
	fmt.Println("renewed")
}

// echo repeats the lines it reads, in upper case, until the input ends.
func echo([]string) {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(strings.ToUpper(in.Text()))
	}
	fmt.Println("end of input")
}

func cat(args []string) {
	b, err := os.ReadFile(args[0])
	fmt.Printf("%s %v\n", b, err)
}

// spin keeps the processor busy with a loop that calls nothing, which only
// asynchronous preemption can interrupt.
func spin([]string) {
	go func() {
		for {
		}
	}()
	time.Sleep(50 * time.Millisecond)
	fmt.Println("preempted")
}

// crash asks the kernel to break (kernel/syscalls, SysCrash).
func crash(args []string) {
	how := uintptr(0)
	switch args[0] {
	case "stack":
		how = 1
	case "assertion":
		how = 2
	case "crowd": // the other processors are busy printing
		for range runtime.NumCPU() + 1 {
			go func() {
				for {
					fmt.Println("noise")
				}
			}()
		}
		time.Sleep(20 * time.Millisecond)
	}
	syscall.RawSyscall(abi.SysCrash, how, 0, 0)
}

// signals sends two signals to itself and waits for them.
func signals([]string) {
	c := make(chan os.Signal, 2)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGHUP)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP} {
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			fmt.Println("kill:", err)
			return
		}
		fmt.Println("got", <-c)
	}
}

// files makes, renames, lists, reads and removes a file.
func files([]string) {
	dir, err := os.MkdirTemp("", "probe-")
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	fmt.Println("make", err, os.WriteFile(a, []byte("hello, machine"), 0o600), os.Rename(a, b))
	list, err := os.ReadDir(dir)
	fmt.Println("dir", names(list), err)
	text, err := os.ReadFile(b)
	fmt.Printf("read %s, %v\n", text, err)
	err = os.RemoveAll(dir)
	_, gone := os.Stat(b)
	fmt.Println("gone", os.IsNotExist(gone), err)
}

func names(list []os.DirEntry) (out []string) {
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}
