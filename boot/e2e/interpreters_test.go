//go:build e2e

package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
)

// greeter is a WebAssembly module that prints a line: with the line's place and length at 0,
// fd_write(1, 0, 1, 64) and, where it says so, one byte that may be no end of it.
const greeter = "\x00asm\x01\x00\x00\x00\x01\x0c\x02\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\x00\x00" +
	"\x02\x23\x01\x16wasi_snapshot_preview1\x08fd_write\x00\x00\x03\x02\x01\x01\x05\x03\x01\x00\x01" +
	"\x07\x13\x02\x06memory\x02\x00\x06_start\x00\x01" +
	"\x0a\x15\x01\x13\x00\x41\x01\x41\x00\x41\x01\x41\xc0\x00\x10\x00\x1a\x03\x40%s\x0b\x0b" +
	"\x0b\x1a\x01\x00\x41\x00\x0b\x14\x08\x00\x00\x00\x0c\x00\x00\x00Hello, wasm\n"

// TestInterpreters: curl sends programs and gets what they print, and what is wrong with
// them; the machine goes on.
func TestInterpreters(t *testing.T) {
	for _, c := range []struct {
		app  string
		sent [][2]string // programs, and the answers
	}{
		{"starlark", [][2]string{
			{"print('hello, ' + args[0])", "hello, world\n200"},
			{"x = 'x'\nwhile True:\n  x += x", "Traceback (most recent call last):\n  program:3:5: in <toplevel>\nError in +=: the script uses more than its 8 MiB of memory (-memory)\n422"},
			{"while True:\n  pass", "Traceback (most recent call last):\n  program:1:1: in <toplevel>\nError: Starlark computation cancelled: the program's time is over (-time)\n422"},
			{"print(6 * 7)", "42\n200"},
		}},
		{"wasm", [][2]string{
			{fmt.Sprintf(greeter, "\x01\x01"), "Hello, wasm\n200"},                                     // loop nop nop end
			{fmt.Sprintf(greeter, "\x0c\x00"), "Hello, wasm\nthe program's time is over (-time)\n422"}, // loop br 0 end
			{"print('hello')", "program is no WebAssembly module that can be run: invalid magic number\n422"},
			{fmt.Sprintf(greeter, "\x01\x01"), "Hello, wasm\n200"},
		}},
	} {
		t.Run(c.app, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			_, stop := background(t, yolk(t, "run", "-memory", "48M", "-p", fmt.Sprintf("%d:8080", port), "../../apps/"+c.app, "--", "-time", "3s", "-memory", "8"))
			defer stop()
			for i, sent := range c.sent {
				name := filepath.Join(t.TempDir(), "program")
				write(t, name, sent[0])
				out, err := talk([]string{"curl", "-s", "-w", "%{http_code}", "--data-binary", "@" + name, "http://127.0.0.1:%d/?arg=world"}, port, i == 0)
				if out != sent[1] || err != nil {
					t.Errorf("%q: %v, %q, want %q", sent[0], err, out, sent[1])
				}
			}
		})
	}
}
