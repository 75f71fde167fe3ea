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

// machine returns the config's machine, or in words why it is not there.
func (c config) machine() (build.Machine, error) {
	list, missing := build.TestMachines()
	for _, m := range list {
		if m.Name == c.plat && m.Arch == c.arch && m.CPUs == c.cpus {
			return m, nil
		}
	}
	for _, s := range missing {
		if strings.HasPrefix(s, c.plat+"-"+c.arch+": ") {
			return build.Machine{}, fmt.Errorf("%s is left out: %s", c.name, s)
		}
	}
	return build.Machine{}, fmt.Errorf("%s is left out: %s-%s is not tested with %d processors yet", c.name, c.plat, c.arch, c.cpus)
}

// flags are those of the yolk command for the machine, with memory unless the
// machine has no choice.
func (c config) flags(m build.Machine, memory string) []string {
	if m.Memory != "" {
		return m.Flags()
	}
	return append(m.Flags(), "-memory", memory)
}

// selected returns the configs that a list of names asks for, all for "", and
// says which of them are not there. A name that is none is an error.
func selected(names string) (list []config, absent []error, err error) {
	for name := range strings.SplitSeq(cmp.Or(names, allNames()), ",") {
		c, ok := configNamed(name)
		if !ok {
			return nil, nil, fmt.Errorf("no configuration %q: there are %s", name, allNames())
		}
		if _, err := c.machine(); err != nil {
			absent = append(absent, err)
		} else {
			list = append(list, c)
		}
	}
	return list, absent, nil
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
