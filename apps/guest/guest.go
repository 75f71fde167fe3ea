// Package guest is what the interpreters of apps share: it takes programs from a file of
// the image, or from whoever sends them over HTTP, and gives each its limits. It knows
// nothing of languages, and imports the standard library only; it is a module of its own
// because theirs need it.
package guest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"
)

// A Program is a guest's.
type Program struct {
	Name   string
	Code   []byte
	Args   []string
	Output io.Writer // fails with ErrOutput
	Memory int64     // bytes that it may use
}

// A Run runs a program to its end. When ctx ends it stops it, and returns an error.
// Several run at the same time only if they are told apart by what they use.
type Run func(ctx context.Context, p Program) error

// ErrOutput is what a Program's Output returns when there was too much.
var ErrOutput = errors.New("the program's output is over its limit (-output)")

// Limits are those of each program.
type Limits struct {
	Time                 time.Duration
	Memory, Output, Size int64 // bytes: what it may use, write, and be itself
}

// errTime is the reason for which a context with the limit on time ends.
var errTime = errors.New("the program's time is over (-time)")

// Main is the main function of an interpreter: it runs the file that is named on the
// command line with the arguments behind it, or else serves.
func Main(name string, run Run) {
	log.SetFlags(0)
	log.SetPrefix(name + ": ")
	var l Limits
	addr := flag.String("addr", ":8080", "without a program, take them by POST at `ADDRESS`")
	flag.DurationVar(&l.Time, "time", 5*time.Second, "how long a program may run")
	flag.Int64Var(&l.Memory, "memory", 16, "what it may use, in `MiB`")
	flag.Int64Var(&l.Output, "output", 1, "what it may print, in `MiB`")
	flag.Int64Var(&l.Size, "size", 8, "how large it may be itself, in `MiB`")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: %s [flags] [FILE [ARGUMENT...]]\n", name)
		flag.PrintDefaults()
	}
	flag.Parse()
	if l.Time <= 0 || min(l.Memory, l.Output, l.Size) <= 0 || max(l.Memory, l.Output, l.Size) > 1<<20 {
		log.Fatal("a limit must be more than 0, and less than a TiB: see -help")
	}
	l.Memory, l.Output, l.Size = l.Memory<<20, l.Output<<20, l.Size<<20
	if flag.NArg() > 0 {
		code, err := os.ReadFile(flag.Arg(0))
		if err != nil {
			log.Fatal(err)
		}
		if err := l.run(context.Background(), run, Program{Name: flag.Arg(0), Code: code, Args: flag.Args()[1:], Output: os.Stdout}); err != nil {
			log.Fatal(err)
		}
		return
	}
	log.Fatal(serve(name, *addr, run, l))
}

// run gives a program its limits.
func (l Limits) run(ctx context.Context, run Run, p Program) error {
	ctx, cancel := context.WithTimeoutCause(ctx, l.Time, errTime)
	defer cancel()
	p.Memory, p.Output = l.Memory, &limited{p.Output, l.Output}
	return run(ctx, p)
}

// limited is a writer that has room for so many bytes.
type limited struct {
	io.Writer
	left int64
}

func (w *limited) Write(b []byte) (int, error) {
	fits := min(int64(len(b)), w.left)
	n, err := w.Writer.Write(b[:fits])
	if w.left -= int64(n); err == nil && n < len(b) {
		err = ErrOutput
	}
	return n, err
}
