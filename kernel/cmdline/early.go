package cmdline

// Early returns the value of the last option key=value, for what must be known
// before there is memory to copy the command line to: buf, which a NUL ends, is
// not changed. Quotes are not understood; a token with one is no such option.
func Early(buf []byte, key string) (value []byte, ok bool) {
	for i := 0; i < len(buf) && buf[i] != 0; {
		end, quoted := i, false
		for end < len(buf) && buf[end] != 0 && !isSpace(buf[end]) {
			quoted = quoted || buf[end] == '"'
			end++
		}
		tok := buf[i:end]
		switch {
		case string(tok) == "--":
			return value, ok
		case quoted:
			// A space in quotes would make a token of what follows it.
			end = skipQuoted(buf, i)
		case len(tok) > len(key) && string(tok[:len(key)]) == key && tok[len(key)] == '=':
			value, ok = tok[len(key)+1:], true
		}
		for i = end; i < len(buf) && isSpace(buf[i]); i++ {
		}
	}
	return value, ok
}

// skipQuoted returns where the token at i ends.
func skipQuoted(buf []byte, i int) int {
	for in := false; i < len(buf) && buf[i] != 0 && (in || !isSpace(buf[i])); i++ {
		switch {
		case buf[i] == '"':
			in = !in
		case in && buf[i] == '\\' && i+1 < len(buf) && buf[i+1] != 0:
			i++
		}
	}
	return i
}
