// Package size says what takes how much of an image: from the symbols of the linked
// program, by package and by library.
//
// Code and variables have symbols. What the runtime keeps about functions (where their
// lines are, what the collector finds in their frames) has none of its own: it is nearly
// half of an image, and counted in proportion to the code that it is about. Types and
// constants are what is left.
//
// It imports nothing of Yolk.
package size

import (
	"cmp"
	"debug/elf"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Bytes are what a part of a program takes.
type Bytes struct {
	Code   int64 `json:"code"`
	Data   int64 `json:"data"`   // variables and constants that have a value from the start
	Tables int64 `json:"tables"` // about its functions
}

// Total is the sum.
func (b Bytes) Total() int64 { return b.Code + b.Data + b.Tables }

func (b *Bytes) add(more Bytes) {
	b.Code += more.Code
	b.Data += more.Data
	b.Tables += more.Tables
}

// A Program is what a linked program consists of.
type Program struct {
	Packages map[string]Bytes // by import path; the main package is "main"
	Rest     int64            // types, constants and alignment, of all of them
}

// Read takes a linked program, an ELF file with symbols, apart.
func Read(name string) (*Program, error) {
	f, err := elf.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := &Program{Packages: map[string]Bytes{}}
	tables := p.sections(f)
	for _, s := range symbols {
		if int(s.Section) >= len(f.Sections) || s.Size == 0 {
			continue
		}
		in := f.Sections[s.Section]
		switch {
		case in.Type == elf.SHT_NOBITS:
			continue // an image does not hold zeros
		case strings.HasPrefix(s.Name, "go:func."), s.Name == "runtime.findfunctab":
			tables += int64(s.Size)
			p.Rest -= int64(s.Size)
			continue
		}
		b := p.Packages[Package(s.Name)]
		if in.Flags&elf.SHF_EXECINSTR != 0 {
			b.Code += int64(s.Size)
		} else {
			b.Data += int64(s.Size)
		}
		p.Packages[Package(s.Name)] = b
		p.Rest -= int64(s.Size)
	}
	p.spread(tables)
	return p, nil
}

// sections adds up what is loaded, but for the table of functions, which it returns.
func (p *Program) sections(f *elf.File) (tables int64) {
	for _, s := range f.Sections {
		switch {
		case s.Flags&elf.SHF_ALLOC == 0 || s.Type == elf.SHT_NOBITS:
		case s.Name == ".gopclntab":
			tables += int64(s.Size)
		default:
			p.Rest += int64(s.Size)
		}
	}
	return tables
}

// spread divides the tables among those that have code.
func (p *Program) spread(tables int64) {
	var code int64
	for _, b := range p.Packages {
		code += b.Code
	}
	for name, b := range p.Packages {
		b.Tables = int64(float64(tables) * float64(b.Code) / float64(max(code, 1)))
		p.Packages[name] = b
	}
}

// Package is the import path of the package that a symbol is of: yolk/netdev of
// yolk/netdev.(*Device).Open, the package of the type for what the compiler makes for a
// type, and "" for what belongs to none.
func Package(symbol string) string {
	for _, made := range []string{"type:.eq.", "type:.hash.", "go:itab."} {
		symbol = strings.TrimPrefix(symbol, made)
	}
	symbol = strings.TrimLeft(symbol, "*[]0123456789")
	if end := strings.IndexAny(symbol, "[({,"); end >= 0 {
		symbol = symbol[:end]
	}
	slash := strings.LastIndexByte(symbol, '/') + 1
	dot := strings.IndexByte(symbol[slash:], '.')
	if dot <= 0 || strings.Contains(symbol[:slash+dot], ":") {
		return ""
	}
	path, err := url.PathUnescape(symbol[:slash+dot]) // a dot in the last element is %2e
	if err != nil {
		return ""
	}
	return path
}

// A Library is some packages together.
type Library struct {
	Name     string `json:"name"`
	Packages int    `json:"packages"`
	Bytes
}

// Libraries puts the packages of p together, the largest first. of names the library of a
// package.
func (p *Program) Libraries(of func(pkg string) string) []Library {
	all := map[string]Library{}
	for pkg, b := range p.Packages {
		l := all[of(pkg)]
		l.Name = of(pkg)
		l.Packages++
		l.add(b)
		all[l.Name] = l
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Library) int {
		return cmp.Or(cmp.Compare(b.Total(), a.Total()), strings.Compare(a.Name, b.Name))
	})
}

// Sum is what some packages take.
func (p *Program) Sum(packages []string) (b Bytes) {
	for _, pkg := range packages {
		b.add(p.Packages[pkg])
	}
	return b
}
