package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
)

// nilPointers reads or writes through a nil pointer and recovers.
func nilPointers() func(*rand.Rand) error {
	return func(r *rand.Rand) (err error) {
		local := r.Uint64()
		kept := local
		defer func() {
			e, ok := recover().(runtime.Error)
			if !ok || e.Error() != "runtime error: invalid memory address or nil pointer dereference" {
				err = fmt.Errorf("recovered %v", e)
			}
			if local != kept {
				err = errors.New("a local variable changed")
			}
		}()
		var p *[16]uint64
		if r.IntN(2) == 0 {
			p[r.IntN(16)] = 1
		}
		return fmt.Errorf("read %d through nil", p[3])
	}
}

// The states of the page that protect opens and closes; while it changes
// nothing is certain.
const (
	changing = iota
	open
	closed
)

// protect takes away access to a page that other goroutines read, which may be
// running on other processors: from then on each of their reads must fault, and
// when access is given back the contents must be there.
func protect() func(*rand.Rand) error {
	m, err := syscall.Mmap(-1, 0, pageSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		fail(1, "protect: mmap: %v", err)
	}
	p := &page{data: m}
	return func(r *rand.Rand) error {
		errs := make(chan error, 2)
		for range cap(errs) {
			go func() { errs <- p.read() }()
		}
		p.value.Store(uint32(p.data[0]))
		p.enter(open)
		spin(1 + r.IntN(8))
		p.enter(changing)
		p.data[0] = byte(r.Uint32())
		wrong := syscall.Mprotect(m, syscall.PROT_NONE)
		p.enter(closed)
		spin(1 + r.IntN(8))
		p.enter(changing)
		wrong = errors.Join(wrong, syscall.Mprotect(m, syscall.PROT_READ|syscall.PROT_WRITE))
		p.end.Store(true)
		for range cap(errs) {
			wrong = errors.Join(wrong, <-errs)
		}
		p.end.Store(false)
		return wrong
	}
}

// spin lets others run, all that can n times over.
func spin(n int) {
	for range n {
		runtime.Gosched()
	}
}

type page struct {
	data  []byte
	value atomic.Uint32
	epoch atomic.Uint64 // counts the changes of state, which is its remainder by 4
	end   atomic.Bool
}

// enter goes on to the next epoch with that state.
func (p *page) enter(state uint64) { p.epoch.Store(p.epoch.Load()&^3 + 4 + state) }

// read reads the page until the end and checks what the state promises.
func (p *page) read() error {
	for !p.end.Load() {
		before := p.epoch.Load()
		want := byte(p.value.Load())
		got, faulted := load(&p.data[0])
		if p.epoch.Load() != before {
			continue
		}
		switch state := before & 3; {
		case state == open && (faulted || got != want):
			return fmt.Errorf("an open page gave %d, fault %v, want %d", got, faulted, want)
		case state == closed && !faulted:
			return fmt.Errorf("a closed page was read: %d", got)
		}
		runtime.Gosched()
	}
	return nil
}

// load reads a byte and tells whether that faulted.
func load(b *byte) (v byte, faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { faulted = recover() != nil }()
	return *b, false
}

// signals sends the program a signal and waits for it.
func signals() func(*rand.Rand) error {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	return func(*rand.Rand) error {
		if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
			return err
		}
		if s := <-c; s != syscall.SIGUSR1 {
			return fmt.Errorf("signal %v", s)
		}
		return nil
	}
}

// threads ends threads: a goroutine that is locked to one and returns takes it
// along.
func threads() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		n := 1 + r.IntN(4)
		done := make(chan int, n)
		for i := range n {
			go func() {
				runtime.LockOSThread()
				runtime.Gosched()
				done <- i
			}()
		}
		for range n {
			<-done
		}
		return nil
	}
}
