package cmdline

import (
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// A token as the tests compare it.
type token struct {
	kind Kind
	text string
}

// parse runs a Parser over line in a buffer of its own and checks what Next
// promises about the place of tokens.
func parse(t testing.TB, line string) ([]token, Error) {
	t.Helper()
	buf := append([]byte(line), 0, 'Z')
	var p Parser
	var toks [][]byte
	var got []token
	last := 0
	for {
		tok, kind, ok := p.Next(buf)
		if !ok {
			break
		}
		off := p.Offset()
		if off < last || off+len(tok) >= len(buf)-1 || buf[off+len(tok)] != 0 || cap(tok) != len(tok)+1 {
			t.Fatalf("%q: token %q at %d", line, tok, off)
		}
		last = off + len(tok) + 1
		toks = append(toks, tok)
		got = append(got, token{kind, string(tok)})
	}
	for i, tok := range toks {
		if string(tok) != got[i].text {
			t.Fatalf("%q: token %q changed to %q", line, got[i].text, tok)
		}
	}
	if _, _, ok := p.Next(buf); ok || buf[len(buf)-1] != 'Z' {
		t.Fatalf("%q: Next went on after the end, or past it", line)
	}
	return got, p.Err()
}

func TestParser(t *testing.T) {
	const dev = "virtio_mmio.device=512@0xfeb00e00:12"
	tests := []struct {
		line string
		want []token
		err  Error
	}{
		{"", nil, OK},
		{" \t\r\n ", nil, OK},
		{"a", []token{{Option, "a"}}, OK},
		{"  a=1\tb=2  ", []token{{Option, "a=1"}, {Option, "b=2"}}, OK},
		{"--", nil, OK},
		{"-- --", []token{{Argument, "--"}}, OK},
		{"ip=dhcp -- -addr :80", []token{{Option, "ip=dhcp"}, {Argument, "-addr"}, {Argument, ":80"}}, OK},
		{`"env=A=b c" -- "d e"`, []token{{Option, "env=A=b c"}, {Argument, "d e"}}, OK},
		{`env=A="b c"d`, []token{{Option, "env=A=b cd"}}, OK},
		{`-- ""`, []token{{Argument, ""}}, OK},
		{`-- "" ""x`, []token{{Argument, ""}, {Argument, "x"}}, OK},
		{`-- "\"\\\n\t\x41\xfF"`, []token{{Argument, "\"\\\n\tA\xff"}}, OK},
		{`-- C:\new`, []token{{Argument, `C:\new`}}, OK},
		{`"--" -- x`, []token{{Option, "--"}, {Argument, "x"}}, OK},
		{dev + " -- a " + dev, []token{{Device, dev}, {Argument, "a"}, {Device, dev}}, OK},
		{`-- "` + dev + `" ` + dev, []token{{Argument, dev}, {Device, dev}}, OK},
		{`-- a "b`, []token{{Argument, "a"}}, ErrQuote},
		{`"`, nil, ErrQuote},
		{`"\`, nil, ErrQuote},
		{`"\"`, nil, ErrQuote},
		{`"\q"`, nil, ErrEscape},
		{`"\x4"`, nil, ErrEscape},
		{`"\x4`, nil, ErrEscape},
		{`"\xg0"`, nil, ErrEscape},
		{`a "\x00"`, []token{{Option, "a"}}, ErrEscape},
		{"a\x00b", []token{{Option, "a"}}, OK}, // the text ends at the NUL
	}
	for _, tt := range tests {
		got, err := parse(t, tt.line)
		if !slices.Equal(got, tt.want) || err != tt.err {
			t.Errorf("%q: %q, %v; want %q, %v", tt.line, got, err, tt.want, tt.err)
		}
	}
}

func TestParserNeedsNUL(t *testing.T) {
	for _, buf := range [][]byte{nil, []byte("ip=dhcp")} {
		before := string(buf)
		var p Parser
		if _, _, ok := p.Next(buf); ok || p.Err() != ErrLong || string(buf) != before {
			t.Errorf("%q: ok %v, %v, buffer %q", before, ok, p.Err(), buf)
		}
	}
}

func TestOffsetNamesTheBadToken(t *testing.T) {
	buf := []byte("a=b -- c \"d\x00")
	var p Parser
	for {
		if _, _, ok := p.Next(buf); !ok {
			break
		}
	}
	if p.Err() != ErrQuote || p.Offset() != 9 {
		t.Errorf("%v at %d", p.Err(), p.Offset())
	}
}

func TestParserDoesNotAllocate(t *testing.T) {
	const line = `ip=dhcp "env=A=b c" -- "x\ty" z virtio_mmio.device=512@0xfeb00e00:12`
	var buf [128]byte
	n := testing.AllocsPerRun(100, func() {
		copy(buf[:], line)
		buf[len(line)] = 0
		var p Parser
		for {
			tok, kind, ok := p.Next(buf[:])
			if !ok {
				break
			}
			if key, _, _ := Cut(tok); kind == Device && string(key) == "ip" {
				t.Fail()
			}
			ParseDevice(tok)
		}
		if p.Err() != OK {
			t.Fail()
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestErrorsHaveTexts(t *testing.T) {
	seen := map[string]bool{}
	for e := OK; e <= ErrNUL+1; e++ {
		if s := e.Error(); seen[s] || !strings.HasPrefix(s, "command line: ") {
			t.Errorf("error %d: %q", e, s)
		}
		seen[e.Error()] = true
	}
}

// TestTokensAreCStrings reads each token back from its address, as the kernel
// hands it to the program; an empty one too.
func TestTokensAreCStrings(t *testing.T) {
	buf := []byte("argv0=x -- \"\" a \"\"\x00")
	var p Parser
	for {
		tok, _, ok := p.Next(buf)
		if !ok {
			return
		}
		c := unsafe.Slice(unsafe.SliceData(tok), len(tok)+1)
		if string(c) != string(tok)+"\x00" {
			t.Errorf("token %q has %q at its address", tok, c)
		}
	}
}
