// Package cmdline reads the kernel's command line, and writes it for the tool
// that boots the kernel.
//
// A command line is tokens between spaces:
//
//	ip=dhcp "env=MOTD=good morning" -- -addr :80 "two words" virtio_mmio.device=512@0xfeb00e00:12
//	\_____ options ______________/     \______ arguments __/ \________ devices ______________/
//
// Before the first -- tokens are options of the kernel, key=value; after it
// they are the program's arguments. QEMU's microvm adds the places of its
// devices at the very end, in the form of Linux's virtio_mmio.device parameter,
// so these are recognised on both sides of the --.
//
// A token or a part of it may be quoted: "..." with the escapes \" \\ \n \t and
// \xHH, of which \x00 is refused because arguments are C strings. Outside quotes
// a backslash is a backslash. A token with quotes in it is never taken for --
// or for a device, so that a program can be given either as an argument.
//
// Parser is kernel-context code: it allocates nothing, keeps no pointer and
// needs no initialiser; so is Spec, which knows the options' values. Quote, Join and
// Takes are for the host. It imports nothing of
// Yolk.
package cmdline

// A Kind says what a token is.
type Kind uint8

const (
	None     Kind = iota // no token: the end, or an error
	Option               // an option of the kernel, before the --
	Argument             // an argument of the program, after the --
	Device               // a virtio_mmio.device token, anywhere
)

// An Error says why a command line cannot be used. Parser reports it as a
// number; it is an error as well, for the host.
type Error uint8

const (
	OK        Error = iota
	ErrLong         // no NUL in the buffer: the command line was cut off
	ErrQuote        // a quote is not closed
	ErrEscape       // a backslash in quotes is followed by something unknown
	ErrNUL          // a NUL byte cannot be part of a token
)

// Error returns the reason.
func (e Error) Error() string {
	switch e {
	case OK:
		return "command line: no error"
	case ErrLong:
		return "command line: too long"
	case ErrQuote:
		return `command line: a quote (") is not closed`
	case ErrEscape:
		return `command line: unknown escape in quotes; known are \" \\ \n \t \xHH`
	case ErrNUL:
		return "command line: a NUL byte cannot be passed"
	}
	return "command line: unknown error"
}

// devicePrefix starts the tokens of kind Device.
const devicePrefix = "virtio_mmio.device="

// A Parser goes through a command line once, token by token. The zero value is
// ready. It holds positions only: the buffer is an argument of each call, the
// same each time. It is not safe for concurrent use.
type Parser struct {
	pos, end int // what is still to be read is buf[pos:end]
	token    int // where the latest token began
	begun    bool
	args     bool // the -- has been passed
	err      Error
}

// Next returns the next token and its kind. ok is false at the end and on an
// error, which Err then tells apart.
//
// buf holds the command line and the NUL that ends it; Next changes it in place:
// it takes quotes and escapes out of the token and puts a NUL behind it. So tok
// is a part of buf, followed by a NUL, and stays as it is: it may serve as a C
// string for as long as the buffer lives.
func (p *Parser) Next(buf []byte) (tok []byte, kind Kind, ok bool) {
	if !p.begun {
		p.begin(buf)
	}
	for p.err == OK {
		for p.pos < p.end && isSpace(buf[p.pos]) {
			p.pos++
		}
		if p.pos >= p.end {
			break
		}
		p.token = p.pos
		stop, quoted := p.scan(buf)
		if p.err != OK {
			break
		}
		// The capacity takes the NUL in: a slice of none would keep the address of
		// buf instead of the token's, and an empty token is an argument as well.
		tok = buf[p.token : stop : stop+1]
		switch {
		case !quoted && hasPrefix(tok, devicePrefix):
			return tok, Device, true
		case p.args:
			return tok, Argument, true
		case !quoted && string(tok) == "--":
			p.args = true
		default:
			return tok, Option, true
		}
	}
	return nil, None, false
}

// Err returns why Next stopped, OK at the end of the command line.
func (p *Parser) Err() Error { return p.err }

// Offset returns where in the buffer the latest token began: the place of an
// error.
func (p *Parser) Offset() int { return p.token }

// begin finds the end of the text.
func (p *Parser) begin(buf []byte) {
	p.begun = true
	for p.end < len(buf) && buf[p.end] != 0 {
		p.end++
	}
	if p.end == len(buf) {
		p.err = ErrLong
	}
}

// scan reads the token at pos, rewrites it without quotes and escapes, ends it
// with a NUL, and moves pos behind it. The plain token is never longer than the
// written one, so that it fits, and the NUL takes the place of the space that
// followed or of the text's own NUL.
func (p *Parser) scan(buf []byte) (stop int, quoted bool) {
	in := false
	w := p.pos
	for ; p.pos < p.end; p.pos++ {
		c := buf[p.pos]
		switch {
		case c == '"':
			in, quoted = !in, true
			continue
		case !in && isSpace(c):
			buf[w] = 0
			p.pos++
			return w, quoted
		case in && c == '\\':
			if c = p.escape(buf); p.err != OK {
				return w, quoted
			}
		}
		buf[w] = c
		w++
	}
	if in {
		p.err = ErrQuote
		return w, quoted
	}
	buf[w] = 0
	return w, quoted
}

// escape returns the byte that the escape at pos stands for and moves pos to
// its last byte.
func (p *Parser) escape(buf []byte) byte {
	p.pos++
	if p.pos >= p.end {
		p.err = ErrQuote
		return 0
	}
	switch buf[p.pos] {
	case '"', '\\':
		return buf[p.pos]
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'x':
		if p.pos+2 < p.end {
			hi, lo := digit(buf[p.pos+1]), digit(buf[p.pos+2])
			p.pos += 2
			if hi < 16 && lo < 16 && hi|lo != 0 {
				return hi<<4 | lo
			}
		}
	}
	p.err = ErrEscape
	return 0
}

// isSpace reports whether c separates tokens.
func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r'
}

// hasPrefix reports whether tok begins with prefix.
func hasPrefix(tok []byte, prefix string) bool {
	return len(tok) >= len(prefix) && string(tok[:len(prefix)]) == prefix
}

// digit returns the value of a hexadecimal digit, 0xff for any other byte.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}
