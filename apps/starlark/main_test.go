package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"yolk/apps/guest"
)

// try runs a script with 16 MiB, in a context that may have ended.
func try(ctx context.Context, script string, args ...string) (string, error) {
	var out bytes.Buffer
	err := run(ctx, guest.Program{Name: "program", Code: []byte(script), Args: args, Output: &out, Memory: 16 << 20})
	return out.String(), err
}

// TestScripts: what is right in Starlark is right here, whatever becomes of + and *.
func TestScripts(t *testing.T) {
	const script = `
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print("hello, " + args[0], [fib(n) for n in range(10)])
l = [1, 2]
same = l
l += [3] * 2
d = {"a": (1 + 2) * 3, "b": "-" * 3}
d["a"] += 1
x = 5
x *= x + 1
print(same, d, x, 1.5 * 2, json.encode({"pi": math.floor(math.pi)}))
f = lambda a, b = 2 * 2: a + b
i = 0
while i < 3:
    i += 1
print(f(1), i, b"ab" + b"c", (1,) * 0)
`
	const want = `hello, world [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]
[1, 2, 3, 3] {"a": 10, "b": "---"} 30 3.0 {"pi":3}
5 3 abc ()
`
	if out, err := try(t.Context(), script, "world"); out != want || err != nil {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}

// TestMistakes: errors have the script's place.
func TestMistakes(t *testing.T) {
	for script, want := range map[string]string{
		"x = = 1":                     "program:1:5: got '='",
		"print(nothing)":              "program:1:7: undefined: nothing",
		"def f():\n  fail('so')\nf()": "program:2:7: in f\nError in fail: fail: so",
		"print(1 + 'a')":              "program:1:9: in <toplevel>\nError in +: unknown binary op: int + string",
		"x = [1]\nx[0] *= 2":          "program:2:6: here `*=` is for names only: write x[i] = x[i] * y",
	} {
		if _, err := try(t.Context(), script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", script, err, want)
		}
	}
}

// TestLimits: scripts that want too much of what there is are ended, and told so.
func TestLimits(t *testing.T) {
	const memory, ranges = "uses more than its 16 MiB of memory (-memory)", "is more than the script's memory has room for (-memory)"
	for script, want := range map[string]string{
		"x = 'x' * 1000000000":                        memory,
		"x = 1000000000 * [None]":                     memory,
		"x = 'x'\nfor i in range(100):\n  x += x":     memory,
		"x = [1]\nfor i in range(100):\n  x = x + x":  memory,
		"x = 3\nfor i in range(100):\n  x = x * x":    "an integer of more than 65536 bytes",
		"x = [1]\nfor i in range(100):\n  x *= 2":     memory,
		"l = []\nwhile True:\n  l.append('x' * 1000)": memory,
		"l = {}\nwhile True:\n  l[len(l)] = [len(l)]": memory,
		"x = max(range(1 << 60))":                     ranges,
		"x = 'x' * (1 << 200)":                        memory,
	} {
		if _, err := try(t.Context(), script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
	// Garbage is none of that: this is 64 MiB, one after the other.
	if _, err := try(t.Context(), "for i in range(64):\n  x = 'x' * (1 << 20)"); err != nil {
		t.Error(err)
	}
	late, end := context.WithCancelCause(t.Context())
	end(errors.New("time is over"))
	if _, err := try(late, "while True:\n  pass"); err == nil || !strings.Contains(err.Error(), "time is over") {
		t.Error(err)
	}
}
