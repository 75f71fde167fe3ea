//go:build !yolk

//yolk:goroutine

package cmdline

import "strings"

// Join writes the command line that a Parser reads back as these options and
// arguments. It fails with ErrNUL when one of them has a NUL byte in it, which
// no command line can carry.
func Join(options, args []string) (string, error) {
	if hasNUL(options, args) {
		return "", ErrNUL
	}
	tokens := make([]string, 0, len(options)+1+len(args))
	for _, o := range options {
		tokens = append(tokens, Quote(o))
	}
	if len(args) > 0 {
		tokens = append(tokens, "--")
	}
	for _, a := range args {
		tokens = append(tokens, Quote(a))
	}
	return strings.Join(tokens, " "), nil
}

// hasNUL reports whether a string in the lists has a NUL byte in it.
func hasNUL(lists ...[]string) bool {
	for _, list := range lists {
		for _, s := range list {
			if strings.IndexByte(s, 0) >= 0 {
				return true
			}
		}
	}
	return false
}

// Takes describes the values of an option for people: "preempt or coop".
func (s *Spec) Takes() string {
	var b strings.Builder
	b.WriteString(s.Other)
	for i, word := range s.Words {
		b.WriteString(Separator(i, len(s.Words)) + word)
	}
	b.WriteString(s.More)
	return b.String()
}

// Quote returns arg as one token, in quotes when it needs them: when it is
// empty, holds a space, a quote or a control character, or would be taken for a
// device or the -- between options and arguments. A NUL byte is written as \x00, which a Parser refuses.
func Quote(arg string) string {
	if !needsQuotes(arg) {
		return arg
	}
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(arg) {
		switch c := arg[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// needsQuotes reports whether arg would not be read back as itself.
func needsQuotes(arg string) bool {
	for i := range len(arg) {
		if c := arg[i]; c <= ' ' || c == '"' || c == 0x7f {
			return true
		}
	}
	return arg == "" || arg == "--" || strings.HasPrefix(arg, devicePrefix)
}
