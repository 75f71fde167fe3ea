package kernel

import (
	"unsafe"

	"yolk/kernel/clock"
	"yolk/kernel/cmdline"
	"yolk/kernel/klog"
	"yolk/kernel/linux"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
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
func copyCommandLine(l *loader) {
	n := uint64(0)
	if l.cmdline != 0 {
		for n < maxLine && *(*byte)(unsafe.Pointer(mem.Addr(l.cmdline + n))) != 0 {
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
		copy(mem.Bytes(mem.Addr(pa), n), mem.Bytes(mem.Addr(l.cmdline), n))
	}
}

// earlyOption returns the value of an option that is needed before there is
// memory to copy the command line to.
func earlyOption(l *loader, key string) (value []byte, ok bool) {
	if l.cmdline == 0 {
		return nil, false
	}
	return cmdline.Early(mem.Bytes(mem.Addr(l.cmdline), maxLine), key)
}

// framePolicy reads alloc=.
func framePolicy(l *loader) mem.Policy {
	v, ok := earlyOption(l, "alloc")
	if !ok {
		return mem.Buddy
	}
	p, ok := mem.ParsePolicy(v)
	if !ok {
		refuse("alloc= takes buddy or bump")
	}
	return p
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
		level, ok := klog.ParseLevel(v)
		if !ok {
			refuse("log= takes error, warn, info or debug")
		}
		klog.Threshold = level
	}
	if v := Option("sched"); v != nil {
		switch string(v) {
		case "preempt":
		case "coop":
			sched.Slice = 0
		default:
			refuse("sched= takes preempt or coop")
		}
	}
	if v := Option("restart"); v != nil {
		policy, ok := shutdown.ParsePolicy(v)
		if !ok {
			refuse("restart= takes never, on-failure or always")
		}
		shutdown.Restart = policy
	}
	if v := Option("grace"); v != nil {
		seconds, ok := cmdline.ParseSeconds(v)
		if !ok {
			refuse("grace= takes seconds, 0 for no limit")
		}
		linux.Grace = seconds * 1e9
	}
	if v := Option("time"); v != nil {
		seconds, ok := cmdline.ParseSeconds(v)
		if !ok {
			refuse("time= takes seconds since 1970")
		}
		if !clock.WallIsSet() {
			clock.SetWall(seconds * 1e9)
		}
	}
	if v := Option("hostname"); v != nil {
		copy(linux.Hostname[:64], v)
	} else {
		copy(linux.Hostname[:64], "yolk")
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
