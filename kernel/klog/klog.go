// Package klog is the kernel log: lines with a level on the console, written
// in kernel context, so it formats without allocating. Goroutines print: a line
// holds a lock for which the kernel waits with interrupts off, and would wait for
// ever once it has taken the processor from the goroutine that holds it.
//
// A line is built from typed pieces instead of a format:
//
//	klog.Line(klog.Boot, klog.Warn).Str("irq: no handler for vector ").Uint(v).End()
//
// The console is the machine's serial port; without one lines are lost. It may import
// kernel/{cmdline,machine,smp}.
package klog

import (
	"yolk/kernel/cmdline"
	"yolk/kernel/machine"
	"yolk/kernel/smp"
)

// A Level says how much a line matters. The order is that of the words in
// kernel/cmdline.
type Level uint8

const (
	Error Level = iota
	Warn
	Info
	Debug
)

// A Library is whose a line is. The order is that of cmdline.Libraries.
type Library uint8

const (
	Boot   Library = iota // and processors, options, entropy
	Mem                   // page frames
	Net                   // the network stack: addresses, links, leases; the status page
	Netdev                // network cards
	USB
)

// Thresholds are the least important levels that are printed. Set from the
// command line (log=) at boot, before any other CPU runs.
var Thresholds = cmdline.Levels{Boot: uint8(Warn), Mem: uint8(Warn), Net: uint8(Warn), Netdev: uint8(Warn), USB: uint8(Warn)}

// Wants reports whether lines of a library are printed at a level.
func Wants(of Library, l Level) bool { return uint8(l) <= Thresholds[of] }

// lines keeps the lines of several processors apart. The magic number keeps it
// in the data segment: the first line may come before BSS exists.
var lines = struct {
	magic uint64
	lock  smp.Lock
}{magic: 1}

// Write sends p to the console as it is, with CR before LF.
func Write(p []byte) {
	lines.lock.Lock()
	write(p)
	lines.lock.Unlock()
}

func write(p []byte) {
	for _, c := range p {
		put(c)
	}
}

func put(c byte) {
	console := machine.This.Console()
	if console == nil {
		return
	}
	if c == '\n' {
		console.Put('\r')
	}
	console.Put(c)
}

// An Entry is a line being written; the zero Entry drops everything. Its
// processor holds the console's lock until End.
type Entry struct{ on, last bool }

// Line starts a line of a library's, at a level.
func Line(of Library, l Level) Entry {
	if !Wants(of, l) {
		return Entry{}
	}
	lines.lock.Lock()
	return Entry{on: true}.Str("yolk: ")
}

// Last stops the other processors and starts the line that the machine ends
// with, whatever the threshold and whoever holds the console.
func Last() Entry {
	smp.StopOthers()
	return Entry{on: true, last: true}
}

// Str adds s. Inlined, its loop would be in an image some hundred times.
//
//go:noinline
func (e Entry) Str(s string) Entry {
	if e.on {
		for i := 0; i < len(s); i++ {
			put(s[i])
		}
	}
	return e
}

// Bytes adds p.
func (e Entry) Bytes(p []byte) Entry {
	if e.on {
		write(p)
	}
	return e
}

// Uint adds v in decimal.
func (e Entry) Uint(v uint64) Entry {
	if !e.on {
		return e
	}
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + v%10)
		if v /= 10; v == 0 {
			break
		}
	}
	write(b[i:])
	return e
}

// Hex adds v in hexadecimal with 0x.
func (e Entry) Hex(v uint64) Entry {
	if !e.on {
		return e
	}
	e.Str("0x")
	shift := 60
	for shift > 0 && v>>uint(shift) == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		put("0123456789abcdef"[v>>uint(shift)&15])
	}
	return e
}

// MiB adds v bytes, rounded down, as mebibytes, or as kibibytes when they are
// few.
func (e Entry) MiB(v uint64) Entry {
	if v < 10<<20 {
		return e.Uint(v >> 10).Str(" KiB")
	}
	return e.Uint(v >> 20).Str(" MiB")
}

// End finishes the line.
func (e Entry) End() {
	e.Str("\n")
	if e.on && !e.last {
		lines.lock.Unlock()
	}
}
