package build

import (
	"bytes"
	"slices"
	"strings"
)

// A part is something that an image can be given besides its program: a package
// that it imports for its effect.
type part struct {
	name string
	when func(u *use) bool
	path string // of the package; "*" stands for the platform's name
}

// A use is what decides which parts an image gets.
type use struct {
	*Package
	test    bool // its tests instead of its program
	prints  bool // and it calls no file function but those that printing takes
	side    bool // see Options
	status  bool // see Options
	volumes bool // see Options
	uefi    bool // see Options
}

// What a program that uses it does not show: names of /dev/hvc0 and of files come with the
// command line.
const (
	PartSide    = "side"    // /dev/hvc0
	PartVolumes = "volumes" // folders of the host
)

// partUSBFile is the name of what tells of USB in a file.
const partUSBFile = "usbfile"

// PartStatus is the name of the status page, which no program asks for by itself.
const PartStatus = "status"

// PartUEFI is the name of what UEFI firmware starts, at the symbol entryUEFI.
const (
	PartUEFI  = "uefi"
	entryUEFI = "yolk/arch/efi.entry"
)

// parts is all there is. A platform names those that it has.
var parts = []part{
	{"base", func(*use) bool { return true }, "yolk/plat/*"},
	{"print", func(u *use) bool { return u.prints }, "yolk/kernel/posix/printonly"},
	{"files", func(u *use) bool { return !u.prints }, "yolk/plat/*/files"},
	{"net", func(u *use) bool { return u.sockets() }, "yolk/plat/*/net"},
	{"netdev", func(u *use) bool { return u.UsesNetdev }, "yolk/plat/*/netdev"},
	{partUSBFile, func(u *use) bool { return (u.sockets() || u.UsesNetdev) && !u.prints }, "yolk/plat/*/usbfile"},
	{PartSide, func(u *use) bool { return u.side && !u.prints }, "yolk/plat/*/side"},
	{PartStatus, func(u *use) bool { return u.status }, "yolk/plat/*/status"},
	{PartVolumes, func(u *use) bool { return u.volumes && !u.prints }, "yolk/plat/*/volumes"},
	{PartUEFI, func(u *use) bool { return u.uefi }, "yolk/arch/efi"},
	{"netcalls", func(u *use) bool { return u.sockets() && (u.ownCalls || u.test) }, "yolk/plat/netcalls"},
	{"calls", func(u *use) bool { return u.ownCalls || u.test }, "yolk/plat/allcalls"},
}

// machineParts are those of every platform that is a machine with a network card.
var machineParts = slices.Clip([]string{"base", "print", "files", "net", "netdev", PartStatus, "netcalls", "calls"})

// Has reports whether images for the platform can be given the part of that name.
func (p Platform) Has(name string) bool { return slices.Contains(p.parts, name) }

// path is a part's package on the platform.
func (p Platform) path(part part) string { return strings.Replace(part.path, "*", p.Name, 1) }

// pathOf is the one of that name.
func (p Platform) pathOf(name string) string {
	i := slices.IndexFunc(parts, func(part part) bool { return part.name == name })
	return p.path(parts[i])
}

// Holds reports whether an image for the platform has the part of that name: its functions'
// names are there, for tracebacks.
func (p Platform) Holds(image []byte, name string) bool {
	return bytes.Contains(image, []byte(p.pathOf(name)+"."))
}

// imports lists the packages that an image for the platform gets.
func (p Platform) imports(u *use) (paths []string) {
	for _, part := range parts {
		if p.Has(part.name) && part.when(u) {
			paths = append(paths, p.path(part))
		}
	}
	return paths
}
