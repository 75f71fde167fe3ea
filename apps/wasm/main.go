// Wasm runs WebAssembly modules for WASI preview 1, such as `GOOS=wasip1 GOARCH=wasm go
// build` makes: one that was packed into the image, or those that are sent to it over HTTP.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
	"yolk/apps/guest"
)

func main() { guest.Main("wasm", run) }

// page is the unit of a module's memory.
const page = 64 << 10

// run compiles a module and runs it, a guest.Run. It sees its arguments, the clock and
// random numbers, and no files.
func run(ctx context.Context, p guest.Program) error {
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithMemoryLimitPages(uint32(min(p.Memory/page, 1<<16))).WithCloseOnContextDone(true))
	defer r.Close(context.WithoutCancel(ctx))
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return err
	}
	code, err := r.CompileModule(ctx, p.Code)
	if err != nil {
		return fmt.Errorf("%s is no WebAssembly module that can be run: %w", p.Name, err)
	}
	out := &output{Program: p}
	_, err = r.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithArgs(append([]string{p.Name}, p.Args...)...).
		WithStdout(out).WithStderr(out).WithRandSource(rand.Reader).
		WithSysWalltime().WithSysNanotime().WithNanosleep(func(ns int64) { sleep(ctx, time.Duration(ns)) }))
	switch exit := new(sys.ExitError); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case out.err != nil: // the module may have made nothing of it
		return out.err
	case errors.As(err, &exit) && exit.ExitCode() == 0:
		return nil
	case errors.As(err, &exit):
		return fmt.Errorf("exit status %d", exit.ExitCode())
	}
	return err
}

// sleep is cut short when the program's time is over.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// output remembers that there was too much.
type output struct {
	guest.Program
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.Output.Write(b)
	if err != nil {
		o.err = err
	}
	return n, err
}
