package main

import (
	"cmp"
	"fmt"
	"strings"

	"yolk/boot/build"
)

// A config is a column of the table: a machine that the tests run on.
type config struct {
	name string
	plat string
	arch string
	cpus int
}

// configs are the columns, in order. The machine of each is the platform's
// first.
var configs = []config{
	{"amd64-1", "kvm", "amd64", 1},
	{"amd64-4", "kvm", "amd64", 4},
	{"arm64-1", "kvm", "arm64", 1},
	{"arm64-4", "kvm", "arm64", 4},
	{"rpi3", "rpi3", "arm64", 4},
}

// flags are those of the yolk command for the config's machine, with memory
// unless the machine has no choice. It panics for one that is not there, which a
// test rules out.
func (c config) flags(memory string) []string {
	m, ok := build.FindMachine(func(m build.Machine) bool { return m.Name == c.plat && m.Arch == c.arch && m.CPUs == c.cpus })
	if !ok {
		panic(c.name + " is no machine of boot/build")
	}
	if m.Memory != "" {
		return m.Flags()
	}
	return append(m.Flags(), "-memory", memory)
}

// selected returns the configs that a list of names asks for, all for "". A name
// that is none is an error.
func selected(names string) (list []config, err error) {
	for name := range strings.SplitSeq(cmp.Or(names, allNames()), ",") {
		c, ok := configNamed(name)
		if !ok {
			return nil, fmt.Errorf("no configuration %q: there are %s", name, allNames())
		}
		list = append(list, c)
	}
	return list, nil
}

func configNamed(name string) (config, bool) {
	for _, c := range configs {
		if c.name == name {
			return c, true
		}
	}
	return config{}, false
}

func allNames() string {
	var names []string
	for _, c := range configs {
		names = append(names, c.name)
	}
	return strings.Join(names, ",")
}
