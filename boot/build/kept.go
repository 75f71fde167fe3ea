package build

import (
	"debug/elf"
	"fmt"
	"strings"
)

// kept are the functions that the linker kept, by name: what the program might call.
type kept map[string]bool

// keptIn reads them from a linked program.
func keptIn(name string) (kept, error) {
	f, err := elf.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	functions := kept{}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			functions[strings.TrimSuffix(s.Name, ".abi0")] = true
		}
	}
	return functions, nil
}

// any reports whether one of the functions is there.
func (k kept) any(functions ...string) bool {
	for _, f := range functions {
		if k[f] {
			return true
		}
	}
	return false
}

// opensSockets reports whether the program does so by itself, without package net.
func (k kept) opensSockets() bool {
	return k.any("syscall.Socket", "syscall.socket", "golang.org/x/sys/unix.Socket", "golang.org/x/sys/unix.socket")
}

// notes say what of the program will fail on a machine, a line each. starters are its
// packages that import os/exec.
func (k kept) notes(starters []string) (notes []string) {
	if k.any("syscall.forkExec", "syscall.Exec", "golang.org/x/sys/unix.Exec") {
		who := "the program"
		if len(starters) > 0 {
			who = strings.Join(starters, ", ")
		}
		notes = append(notes, who+" may start processes, which fails with ENOSYS: a machine runs one program")
	}
	return notes
}
