// Package context does everything that kernel context must not do, for the test
// of the check. A "want" comment names what the compiler makes of the line, as a
// regular expression where Go releases differ.
package context

import (
	"io"
	"strings"
	"sync/atomic"
)

var (
	pointer *int
	number  int
	table   map[string]int
	channel chan int
	boxed   any
	hook    func()
)

var upper = strings.ToUpper("needs an initialiser")

func storePointer(p *int) { pointer = p } // want runtime.gcWriteBarrier

func storeFunc(f func()) { hook = f } // want runtime.gcWriteBarrier

func allocate() *int { return new(int) } // want runtime.(newobject|mallocgc)

func escape() *int {
	n := 1 // want runtime.(newobject|mallocgc)
	return &n
}

func makeSlice(n int) []byte { return make([]byte, n) } // want runtime.makeslice

func appendByte(b []byte) []byte { return append(b, 1) } // want runtime.growslice

func lookUp() int { return table["x"] } // want runtime.mapaccess

func send() { channel <- 1 } // want runtime.chansend

func spawn() { go storeInt(1) } // want runtime.newproc

func box() { boxed = number } // want runtime.convT64

func text(b []byte) int { return len(concat(string(b), "x")) } // want runtime.slicebytetostring

func concat(a, b string) string { return a + b } // want runtime.concatstring

func stop() { panic("stop") } // want runtime.gopanic

func deferred(f func()) int {
	defer f()
	return number // want runtime.deferreturn
}

func foreign() string { return strings.ToUpper(upper) } // want strings.ToUpper

// operations are called by value, as a machine's are.
var operations = struct{ shout, whisper func(string) string }{strings.ToUpper, nod}

var writer io.Writer = (*strings.Builder)(nil)

func value() func(string) string { return strings.ToLower } // want strings.ToLower

func nod(s string) string { return s }

func callMarked() { marked() } // want yolk/kernel/testdata/context.marked

// marked is for goroutines only.
//
//yolk:goroutine
//go:noinline
func marked() { pointer = new(int) }

type list struct{ next *list }

// grow is for goroutines only, closures included.
//
//yolk:goroutine
func (l *list) grow() {
	func() { l.next = new(list) }()
}

// What follows is allowed.

//go:noinline
func storeInt(n int) { number = n }

func index(b []byte, i int) byte { return b[i] }

func compare(b []byte) bool { return string(b) == "dhcp" }

func swap(p *atomic.Uint32) bool { return p.CompareAndSwap(1, 2) }

func fill(b []byte) { clear(b); copy(b, "text"); storeInt(len(b)) }

func indirect() { hook() }
