package main

import (
	"fmt"
	"runtime"
	"runtime/metrics"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Starlark counts a script's steps, but not what each takes: `"x" * 1000000000` is one
// step, and forty steps of `x += x` are a terabyte. So + and * are made calls of functions
// that look before they multiply, and what is live is looked at now and then.
//
// That holds what scripts do by accident. One that means harm can still have a list of
// lists printed that has each of them twice: there the machine is the limit.

// pace is after how many steps memory is looked at.
const pace = 1000

// bounds are those of a script's memory.
type bounds struct {
	limit   int64 // bytes
	before  int64 // what was live when it began
	charged int64 // what + and * have taken since the last look, at most
}

// live is how much of the heap is in use, and what was not collected yet.
func live() int64 {
	s := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s[:])
	return int64(s[0].Value.Uint64())
}

// watch looks at the memory that a thread's script uses.
func (b *bounds) watch(thread *starlark.Thread) {
	runtime.GC()
	b.before = live()
	thread.SetMaxExecutionSteps(pace)
	thread.OnMaxSteps = func(*starlark.Thread) {
		if err := b.look(); err != nil {
			thread.Cancel(err.Error())
		}
		thread.SetMaxExecutionSteps(thread.ExecutionSteps() + pace)
	}
}

// look returns an error if the script uses more than it may.
func (b *bounds) look() error {
	b.charged = 0
	if live()-b.before <= b.limit {
		return nil
	}
	if runtime.GC(); live()-b.before <= b.limit {
		return nil
	}
	return b.exceeded()
}

func (b *bounds) exceeded() error {
	return fmt.Errorf("the script uses more than its %d MiB of memory (-memory)", b.limit>>20)
}

// charge counts bytes that are about to be taken.
func (b *bounds) charge(bytes int64) error {
	if bytes > b.limit {
		return b.exceeded()
	}
	if b.charged += bytes; b.charged > b.limit/4 {
		return b.look()
	}
	return nil
}

// names are the functions that rewrite has scripts call; a script cannot name those that
// are no identifiers. A range is as long as a list of it could be, because max(range(n))
// is one step as well.
func (b *bounds) names() starlark.StringDict {
	binary := func(op syntax.Token, size func(x, y starlark.Value) (int64, error)) *starlark.Builtin {
		return starlark.NewBuiltin(op.String(), func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			n, err := size(args[0], args[1])
			if err == nil {
				err = b.charge(n)
			}
			if err != nil {
				return nil, err
			}
			return starlark.Binary(op, args[0], args[1])
		})
	}
	extend := func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		// What it is added to has at most the limit itself.
		return args[0], b.charge(sizeOf(args[0]))
	}
	ranges := func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		v, err := starlark.Call(thread, starlark.Universe["range"], args, kwargs)
		if err == nil && int64(starlark.Len(v)) > b.limit/element {
			err = fmt.Errorf("a range of %d is more than the script's memory has room for (-memory)", starlark.Len(v))
		}
		return v, err
	}
	return starlark.StringDict{
		"+":     binary(syntax.PLUS, sum),
		"*":     binary(syntax.STAR, product),
		"+=":    starlark.NewBuiltin("+=", extend),
		"range": starlark.NewBuiltin("range", ranges),
	}
}

// element is the size of a list's element, an interface.
const element = 16

// digits is how large a product of integers may be, in bytes: a multiplication is one
// step, and takes longer than in proportion.
const digits = 64 << 10

var errDigits = fmt.Errorf("an integer of more than %d bytes", digits)

// sizeOf is what a value itself takes, in bytes, without what it refers to.
func sizeOf(v starlark.Value) int64 {
	switch v := v.(type) {
	case starlark.Int:
		return int64(v.BigInt().BitLen() / 8)
	case starlark.String, starlark.Bytes:
		return int64(starlark.Len(v))
	}
	return element * int64(max(starlark.Len(v), 0))
}

// sum is what x + y takes.
func sum(x, y starlark.Value) (int64, error) { return sizeOf(x) + sizeOf(y), nil }

// product is what x * y takes: two integers as much as both, a sequence so often.
func product(x, y starlark.Value) (int64, error) {
	if _, ok := x.(starlark.Int); !ok {
		x, y = y, x
	}
	n, ok := x.(starlark.Int)
	_, both := y.(starlark.Int)
	switch {
	case ok && both && sizeOf(x)+sizeOf(y) > digits:
		return 0, errDigits
	case !ok || both:
		return sizeOf(x) + sizeOf(y), nil
	}
	times, ok := n.Int64()
	if !ok || times > most {
		times = most * int64(n.Sign())
	}
	return max(times, 0) * sizeOf(y), nil
}

// most is more than there is of anything: see guest.Main.
const most = 1 << 32
