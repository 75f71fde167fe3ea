package build

import (
	"context"
	"slices"
	"strings"
)

// A Brought is a part of an image, and the packages that are there because of it.
type Brought struct {
	Part     string // its package, such as yolk/plat/kvm/net
	For      string // what the program does, which is why it is there
	Packages []string
}

// choices are what a program can do without, by the part that it then is not given.
var choices = []struct {
	part, reason string
	without      func(*use)
}{
	{PartStatus, "-status", func(u *use) { u.status = false }},
	{"net", "the program imports package net or opens sockets", func(u *use) { u.UsesNet, u.opensSockets = false, false }},
	{"netdev", "the program imports yolk/netdev", func(u *use) { u.UsesNetdev = false }},
	{PartSide, "-side", func(u *use) { u.side = false }},
	{PartVolumes, "-v or -volumes", func(u *use) { u.volumes = false }},
	{"calls", "a package outside the standard library imports syscall or x/sys/unix", func(u *use) { u.ownCalls, u.test = false, false }},
	{"files", "the program does more with files than to print", func(u *use) {
		u.prints, u.UsesNet, u.opensSockets, u.ownCalls, u.test = true, false, false, false, false
	}},
}

// Explain builds as [Build] does, and lists the parts that not every image has.
func Explain(ctx context.Context, o Options) (*Result, []Brought, error) {
	b := &builder{o: &o}
	r, err := b.build(ctx)
	if err != nil {
		return nil, nil, err
	}
	imports := o.Platform.imports(&b.used)
	all, err := b.dependencies(ctx, imports)
	if err != nil {
		return nil, nil, err
	}
	var brought []Brought
	for _, c := range choices {
		pkg := o.Platform.pathOf(c.part)
		if !slices.Contains(imports, pkg) {
			continue
		}
		other, p := b.used, *b.used.Package
		other.Package = &p
		c.without(&other)
		without, err := b.dependencies(ctx, o.Platform.imports(&other))
		if err != nil {
			return nil, nil, err
		}
		only := slices.DeleteFunc(slices.Clone(all), func(pkg string) bool { return slices.Contains(without, pkg) })
		brought = append(brought, Brought{pkg, c.reason, only})
	}
	return r, brought, nil
}

// dependencies are the packages of the program with imports injected.
func (b *builder) dependencies(ctx context.Context, imports []string) ([]string, error) {
	if err := b.write(ctx, imports); err != nil {
		return nil, err
	}
	if err := b.writeList(); err != nil {
		return nil, err
	}
	args := append([]string{"list", "-deps", "-overlay", b.list, "-tags", b.o.tags()}, b.sources()...)
	out, err := b.g.output(ctx, args...)
	return strings.Fields(string(out)), err
}
