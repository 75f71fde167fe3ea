package boot

import (
	"unsafe"

	"yolk/kernel/clock"
	"yolk/kernel/cmdline"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/syscalls"
)

// commandLine is the kernel's copy of the loader's command line; the parser
// cuts it into C strings in place, and those stay for good.
var commandLine = struct{ magic, pa, size uint64 }{magic: 1}

const (
	maxToken = 512
	maxLine  = 1 << 16 // bytes
)

// tokens are the parsed command line: addresses of C strings and their kinds.
// They are in BSS, which exists when readOptions runs.
var (
	tokens   [maxToken]token
	tokenLen int
)

type token struct {
	addr uintptr
	len  int
	kind cmdline.Kind
}

func (t *token) bytes() []byte { return mem.Bytes(t.addr, uint64(t.len)) }

// copyCommandLine copies the command line out of the loader's memory.
func copyCommandLine(l *machine.Loader) {
	n := uint64(0)
	if l.CommandLine != 0 {
		for n < maxLine && *(*byte)(unsafe.Pointer(mem.Addr(l.CommandLine + n))) != 0 {
			n++
		}
	}
	order := 0
	for mem.PageSize<<order <= n {
		order++
	}
	pa, ok := mem.Alloc(order)
	if !ok {
		tooSmall(l)
	}
	commandLine.pa, commandLine.size = pa, mem.PageSize<<order
	if n > 0 {
		copy(mem.Bytes(mem.Addr(pa), n), mem.Bytes(mem.Addr(l.CommandLine), n))
	}
}

// EarlyOption returns the value of an option that is needed before there is
// memory to copy the command line to.
func EarlyOption(l *machine.Loader, key string) (value []byte, ok bool) {
	if l.CommandLine == 0 {
		return nil, false
	}
	return cmdline.Early(mem.Bytes(mem.Addr(l.CommandLine), maxLine), key)
}

// framePolicy reads alloc=.
func framePolicy(l *machine.Loader) mem.Policy {
	v, ok := EarlyOption(l, "alloc")
	if !ok {
		return mem.Buddy
	}
	return mem.Policy(value("alloc", v))
}

// value reads an option of those that package cmdline knows, or refuses to start.
func value(key string, v []byte) uint64 {
	s := cmdline.Find(key)
	n, ok := s.Value(v)
	if !ok {
		e := klog.Last().Str("yolk: cannot start: ").Str(key).Str("= takes ").Str(s.Other)
		for i := range s.Words {
			e.Str(cmdline.Separator(i, len(s.Words))).Str(s.Words[i])
		}
		shutdown.Fatal(shutdown.StatusRefused, e.Str(s.More))
	}
	return n
}

// readOptions cuts the command line into tokens and applies the options that
// the kernel itself understands.
func readOptions() {
	buf := mem.Bytes(mem.Addr(commandLine.pa), commandLine.size)
	var p cmdline.Parser
	for {
		tok, kind, ok := p.Next(buf)
		if !ok {
			break
		}
		if tokenLen == maxToken {
			refuse("more than 512 words on the command line")
		}
		tokens[tokenLen] = token{uintptr(unsafe.Pointer(unsafe.SliceData(tok))), len(tok), kind}
		tokenLen++
	}
	if p.Err() != cmdline.OK {
		refuse(p.Err().Error())
	}
	if v := Option("log"); v != nil {
		value("log", v) // refuses a wrong one
		klog.Thresholds.Read(v)
	}
	if v := Option("sched"); v != nil && value("sched", v) != 0 {
		sched.Slice = 0 // cooperative
	}
	if v := Option("restart"); v != nil {
		shutdown.Restart = shutdown.Policy(value("restart", v))
	}
	if v := Option("entropy"); v != nil {
		value("entropy", v) // for seed
	}
	if v := Option("crash"); v != nil {
		value("crash", v)
		shutdown.Report = true
	}
	if v := Option("grace"); v != nil {
		syscalls.Grace = value("grace", v) * 1e9
	}
	if v := Option("time"); v != nil {
		if seconds := value("time", v); !clock.WallIsSet() {
			clock.SetWall(seconds * 1e9)
		}
	}
	if !clock.WallIsSet() {
		klog.Line(klog.Boot, klog.Warn).Str("this machine has no clock: for the program it is 1970; give it one (rtc=on) or time=SECONDS").End()
	}
	if v := Option("hostname"); v != nil {
		value("hostname", v)
		copy(syscalls.Hostname[:64], v)
	} else {
		copy(syscalls.Hostname[:64], "yolk")
	}
}

// Option returns the value of the last key=value before the -- of the command
// line, or nil. The bytes must not be changed.
func Option(key string) []byte {
	for i := tokenLen - 1; i >= 0; i-- {
		if t := &tokens[i]; t.kind == cmdline.Option {
			if k, v, ok := cmdline.Cut(t.bytes()); ok && string(k) == key {
				return v
			}
		}
	}
	return nil
}
