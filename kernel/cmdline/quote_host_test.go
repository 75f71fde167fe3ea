//go:build !yolk

package cmdline

import (
	"errors"
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	tests := []struct{ arg, want string }{
		{"plain", "plain"},
		{"k=v", "k=v"},
		{`back\slash`, `back\slash`},
		{"größe", "größe"},
		{"", `""`},
		{"--", `"--"`},
		{"---", "---"},
		{"two words", `"two words"`},
		{`a"b\c`, `"a\"b\\c"`},
		{"a\nb\tc\rd\x7f", `"a\nb\tc\x0dd\x7f"`},
		{"virtio_mmio.device=1@2:3", `"virtio_mmio.device=1@2:3"`},
	}
	for _, tt := range tests {
		if got := Quote(tt.arg); got != tt.want {
			t.Errorf("Quote(%q) = %s, want %s", tt.arg, got, tt.want)
		}
	}
}

func TestJoin(t *testing.T) {
	tests := []struct {
		options, args []string
		want          string
	}{
		{nil, nil, ""},
		{[]string{"ip=dhcp", "env=A=b c"}, nil, `ip=dhcp "env=A=b c"`},
		{nil, []string{"-v", "", "--", "x y"}, `-- -v "" "--" "x y"`},
		{[]string{"log=debug"}, []string{"a"}, "log=debug -- a"},
	}
	for _, tt := range tests {
		if got, err := Join(tt.options, tt.args); got != tt.want || err != nil {
			t.Errorf("Join(%q, %q) = %s, %v; want %s", tt.options, tt.args, got, err, tt.want)
		}
		roundTrip(t, tt.options, tt.args, []string{"virtio_mmio.device=512@0xfeb00e00:12"})
	}
	for _, lists := range [][2][]string{{{"a\x00"}, nil}, {nil, {"", "\x00"}}} {
		if line, err := Join(lists[0], lists[1]); !errors.Is(err, ErrNUL) || line != "" {
			t.Errorf("Join(%q) = %q, %v", lists, line, err)
		}
	}
	if _, err := parse(t, Quote("a\x00")); err != ErrEscape {
		t.Errorf("a NUL that was quoted: %v", err)
	}
}

// roundTrip fails unless a Parser reads back what Join wrote, with devices added
// at the end as QEMU does.
func roundTrip(t testing.TB, options, args, devices []string) {
	t.Helper()
	line, err := Join(options, args)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devices {
		line += " " + d
	}
	got, code := parse(t, line)
	if code != OK || len(got) != len(options)+len(args)+len(devices) {
		t.Fatalf("%q: %q, %v", line, got, code)
	}
	for i, tok := range got {
		want := token{Device, ""}
		switch j := i - len(options); {
		case j < 0:
			want = token{Option, options[i]}
		case j < len(args):
			want = token{Argument, args[j]}
		default:
			want.text = devices[j-len(args)]
		}
		if tok != want {
			t.Fatalf("%q: token %d is %q, want %q", line, i, tok, want)
		}
	}
}

// FuzzRoundTrip quotes arbitrary strings, which 0xfe separates in the input.
func FuzzRoundTrip(f *testing.F) {
	f.Add("ip=dhcp\xfeenv=A= \"b\"", "-v\xfe\xfe--\xfevirtio_mmio.device=")
	f.Fuzz(func(t *testing.T, options, args string) {
		if strings.Contains(options+args, "\x00") {
			t.Skip()
		}
		roundTrip(t, strings.Split(options, "\xfe"), strings.Split(args, "\xfe"),
			[]string{"virtio_mmio.device=512@0xfeb00e00:12"})
	})
}

// FuzzParser feeds arbitrary lines: no panic, tokens in place, and what was
// understood survives being written and read again.
func FuzzParser(f *testing.F) {
	for _, line := range []string{"", `a "b c" -- d`, `"\x4`, "-- virtio_mmio.device=1@2:3", `--"" x`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got, err := parse(t, line)
		if err != OK {
			return
		}
		var options, args, devices []string
		for _, tok := range got {
			switch tok.kind {
			case Option:
				options = append(options, tok.text)
			case Argument:
				args = append(args, tok.text)
			case Device:
				devices = append(devices, tok.text)
			}
		}
		roundTrip(t, options, args, devices)
	})
}

func TestTakes(t *testing.T) {
	for key, want := range map[string]string{"restart": "never, on-failure or always", "sched": "preempt or coop", "entropy": "insecure", "time": "seconds since 1970"} {
		if got := Find(key).Takes(); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// TestTakesLibraries: what is said of log= names each library.
func TestTakesLibraries(t *testing.T) {
	for _, name := range Libraries {
		if !strings.Contains(Find("log").Takes()+" ", name) {
			t.Errorf("what log= takes has no %s", name)
		}
	}
}
