package cmdline

import (
	"bytes"
	"testing"
)

func TestEarly(t *testing.T) {
	for _, c := range []struct {
		line, want string
		ok         bool
	}{
		{"console=ttyS0", "ttyS0", true},
		{" log=info  console=a console=b ", "b", true},
		{"console= x=1", "", true},
		{"console", "", false},
		{"xconsole=a console2=b", "", false},
		{"-- console=a", "", false},
		{"console=a -- console=b", "a", true},
		{`env="X=1 console=b" console=c`, "c", true},
		{`env="\" console=b" log=info`, "", false},
		{`"--" console=a`, "a", true},
		{`console="a"`, "", false},
		{`x="open console=a`, "", false},
		{"", "", false},
	} {
		for _, end := range []string{"\x00 console=behind", ""} {
			buf := []byte(c.line + end)
			got, ok := Early(buf, "console")
			if string(got) != c.want || ok != c.ok || string(buf) != c.line+end {
				t.Errorf("%q: %q, %v", c.line+end, got, ok)
			}
		}
	}
}

// FuzzEarly compares with the parser: where no token has quotes, both find the
// same.
func FuzzEarly(f *testing.F) {
	f.Add([]byte("a=1 console=x -- console=y"))
	f.Add([]byte(`env="A=b c" console=d`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if i := bytes.IndexByte(line, 0); i >= 0 {
			line = line[:i]
		}
		buf := append(bytes.Clone(line), 0)
		got, ok := Early(buf, "console")
		var want []byte
		has, quoted := false, false
		var p Parser
		for parsed := bytes.Clone(buf); ; {
			tok, kind, more := p.Next(parsed)
			if !more {
				break
			}
			if k, v, cut := Cut(tok); kind == Option && cut && string(k) == "console" {
				want, has = bytes.Clone(v), true
			}
		}
		quoted = bytes.ContainsRune(line, '"')
		if p.Err() == OK && !quoted && (has != ok || !bytes.Equal(got, want)) {
			t.Errorf("%q: %q, %v; the parser finds %q, %v", line, got, ok, want, has)
		}
	})
}
