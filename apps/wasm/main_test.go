package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"yolk/apps/guest"
)

// Operations of WebAssembly (Core Specification 2.0, 5.4), with the operands that these
// modules have.
const (
	unreachable = "\x00"
	forever     = "\x03\x40\x0c\x00\x0b" // loop br 0 end
	drop        = "\x1a"
	zero        = "\x41\x00"                                   // i32.const 0
	one         = "\x41\x01"                                   // i32.const 1
	grow        = "\x40\x00"                                   // memory.grow
	more        = "\x41\x80\x08"                               // i32.const 1024, in pages 64 MiB
	ifless      = zero + "\x48\x04\x40" + unreachable + "\x0b" // i32.const 0 i32.lt_s if unreachable end
	write       = one + zero + one + more + "\x10\x00" + drop  // fd_write(1, iovec at 0, 1, 1024)
)

// section is one, of fewer than 128 bytes (5.5.2).
func section(id byte, parts ...string) string {
	body := strings.Join(parts, "")
	return string([]byte{id, byte(len(body))}) + body
}

// name is a name with its length.
func name(s string) string { return string([]byte{byte(len(s))}) + s }

// module is one with a memory of so many pages that runs code, and whose write prints
// "hello from wasm".
func module(pages, code string) []byte {
	const text = "hello from wasm\n"
	code = "\x00" + code + "\x0b" // no locals, end
	return []byte("\x00asm\x01\x00\x00\x00" +
		section(1, "\x02\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\x00\x00") + // types: fd_write's, and one of nothing
		section(2, "\x01", name("wasi_snapshot_preview1"), name("fd_write"), "\x00\x00") +
		section(3, "\x01\x01") + // a function of the second type
		section(5, "\x01\x00", pages) +
		section(7, "\x02", name("memory"), "\x02\x00", name("_start"), "\x00\x01") +
		section(10, "\x01", name(code)) +
		section(11, "\x01\x00", zero, "\x0b", name("\x08\x00\x00\x00"+string([]byte{byte(len(text))})+"\x00\x00\x00"+text)))
}

// TestModules: what a module prints comes, and what it does wrong is said.
func TestModules(t *testing.T) {
	for _, c := range []struct{ name, pages, code, out, err string }{
		{"hello", "\x01", write, "hello from wasm\n", ""},
		{"trap", "\x01", write + unreachable, "hello from wasm\n", "wasm error: unreachable"},
		{"grow", "\x01", one + grow + ifless + write, "hello from wasm\n", ""},
		{"grow too far", "\x01", more + grow + ifless, "", "wasm error: unreachable"},
		{"too much memory", "\x80\x08", write, "", "min 1024 pages (64 Mi) over limit of 256 pages (16 Mi)"},
		{"too much output", "\x01", strings.Repeat(write, 2), "hello from wasm\n", guest.ErrOutput.Error()},
	} {
		var out bytes.Buffer
		w := &room{&out, 20}
		err := run(t.Context(), guest.Program{Name: "program", Code: module(c.pages, c.code), Output: w, Memory: 16 << 20})
		if out.String() != c.out || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v, want %q, %s", c.name, out.String(), err, c.out, c.err)
		}
	}
	err := run(t.Context(), guest.Program{Name: "program", Code: []byte("print('hello')")})
	if want := "program is no WebAssembly module that can be run: invalid magic number"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// room is a writer that has room for what fits as a whole.
type room struct {
	*bytes.Buffer
	left int
}

func (w *room) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, guest.ErrOutput
	}
	return w.Buffer.Write(b)
}

// TestEndless: a module is ended with its time.
func TestEndless(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	w := &signal{at: func() { end(errors.New("time is over")) }}
	err := run(ctx, guest.Program{Name: "program", Code: module("\x01", write+forever), Output: w, Memory: 1 << 20})
	if err == nil || err.Error() != "time is over" {
		t.Error(err)
	}
}

// signal tells that something was written.
type signal struct{ at func() }

func (w *signal) Write(b []byte) (int, error) { w.at(); return len(b), nil }
