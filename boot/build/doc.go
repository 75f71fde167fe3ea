// Package build makes a bootable image of an ordinary Go main package, or of
// any package's tests.
//
// The package's folder is only read. What is added to the program arrives by
// `go build -overlay`: the edited standard library (boot/overlay) and one file
// in the main package that imports the platform. Yolk's own module joins the
// user's through a workspace file in the cache folder:
//
//	target ──> module ──> go.work (user's modules + Yolk)
//	                        │
//	GOROOT ──> overlay ─────┴─> go build ──> NAME.elf ──> image
//
// A module that go.work cannot name because it lies in the module cache, which
// is read-only and closed to overlays, is copied out of it first.
package build

import "errors"

// Errors, wrapped with the package or file concerned.
var (
	ErrNoGo       = errors.New("the go command was not found in PATH: install Go from https://go.dev/dl")
	ErrNoModule   = errors.New("no go.mod here or above: yolk new begins a program, and go mod init makes a module of what is there")
	ErrNotMain    = errors.New("is not a main package, so it cannot become a program")
	ErrNoGoFiles  = errors.New("has no Go files for Linux on this architecture: name the folder of a program, or begin one with yolk new")
	ErrCgo        = errors.New("needs cgo, and an image has no C library: look for a pure-Go alternative or a build tag that selects one")
	ErrCompile    = errors.New("does not compile")
	ErrNoTests    = errors.New("has no tests")
	ErrLevel      = errors.New("asks for instructions that the machine does not offer")
	ErrOther      = errors.New("exists and is not an image: remove it first, or write to another file")
	ErrGoFailed   = errors.New("the go command failed")
	ErrModCache   = errors.New("lies in the module cache, which is closed to overlays: name it")
	ErrUnmended   = errors.New("Yolk's corrections, without which a server stalls or runs out of memory, were tested with")
	ErrNoYolkRoot = errors.New("cannot find Yolk's own source, which every image is built from: set YOLK_ROOT to its folder")
)
