package build

import (
	"slices"
	"strings"
)

// printing are the functions of package syscall that a program links which
// uses os.Stdout and os.Stderr and no other file. kernel/posix/printonly serves what
// they call; the rest of what they ask for traps to the kernel anyway.
var printing = []string{
	// Errors and initialisers.
	"(*Errno).Error", "(*Errno).Is", "Errno.Error", "Errno.Is", "init", "runtime_envs",
	// The calls themselves, as the overlay made them.
	"RawSyscall", "RawSyscall6", "Syscall", "Syscall6", "rawSyscallNoError", "rawVforkSyscall",
	"yolkCall", "yolkCall6", "yolkTrap6", "yolkLeave", "yolkReturn",
	// Written to and closed as an os.File.
	"write", "Close", "SetNonblock", "fcntl",
	// How os.Exit ends, in package runtime.
	"Exit",
	// Package os's start: kernel version, limits, pidfd probe.
	"Uname", "Wait4", "wait4", "doCheckClonePidfd", "os_checkClonePidfd", "mmap", "munmap", "prlimit1",
	// No calls.
	"Getenv", "copyenv", "ByteSliceFromString",
}

// zoning are those with which package time looks for the local time zone, once a time is
// formatted. Where there are no files it is UTC, as it is where none was packed.
var zoning = []string{"Open", "openat", "Read", "read", "Seek"}

// otherwise are functions by which more than that calls those.
var otherwise = []string{"os.openFileNolog", "internal/poll.(*FD).Read", "internal/poll.(*FD).Seek", "time.LoadLocation"}

// onlyPrints reports whether a linked program with these functions contains no file call
// beyond those of printing.
func onlyPrints(functions kept) bool {
	known := printing
	if !functions.any(otherwise...) {
		known = slices.Concat(printing, zoning)
	}
	for name := range functions {
		if call, ok := strings.CutPrefix(name, "syscall."); ok && !among(known, call) {
			return false
		}
		if strings.HasPrefix(name, "golang.org/x/sys/unix.") {
			return false
		}
	}
	return true
}

// among reports whether a function of package syscall, or a closure in one, is among those
// that are known.
func among(known []string, function string) bool {
	for _, name := range known {
		if rest, ok := strings.CutPrefix(function, name); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}
