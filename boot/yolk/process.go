package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/kernel/cmdline"
)

// process builds a program for a platform without a machine and becomes it, so
// that signals, debuggers and its status need nobody between. What a machine has
// from its hardware and command line the program gets by its environment
// (yolk/plat/linuxu).
func (m *machineFlags) process(cmd *cobra.Command, v *voice, o build.Options, args []string) error {
	if v.json {
		return &exitError{exitUsage, errors.New("-json is for a machine: a process ends with its own status")}
	}
	env, err := m.environment()
	if err != nil {
		return &exitError{exitUsage, err}
	}
	r, err := v.buildImage(cmd.Context(), o)
	if err != nil {
		return err
	}
	args = append([]string{r.Image}, args...)
	if m.print {
		line, err := cmdline.Join(nil, append(env, args...))
		fmt.Fprintln(stdout, strings.TrimPrefix(line, "-- "))
		return err
	}
	return &exitError{exitMachine, fmt.Errorf("%s: %w", r.Image, syscall.Exec(r.Image, args, append(os.Environ(), env...)))}
}

// machineOnly are flags that are nothing to a process.
var machineOnly = []string{"machine", "accel", "memory", "cpus", "p", "log", "grace", "qemu", "d", "volumes"}

// environment is what the flags add to the environment of a process.
func (m *machineFlags) environment() (env []string, err error) {
	for _, f := range machineOnly {
		if m.given(f) {
			return nil, fmt.Errorf("-%s is for a machine; a process has this one", f)
		}
	}
	for _, e := range m.env {
		if !strings.Contains(e, "=") {
			continue // inherited anyway
		}
		env = append(env, e)
	}
	if net := m.processNet(); len(net) > 0 {
		env = append(env, "YOLK_NETDEV="+strings.Join(net, ","))
	}
	if err := checkOptions(m.opts); err != nil {
		return nil, err
	}
	if len(m.opts) > 0 {
		env = append(env, "YOLK_OPTIONS="+strings.Join(m.opts, " "))
	}
	return env, nil
}

// processNet are the networks of a process. Of those in yolk.yaml, which is for machines
// as well, it takes what it can.
func (m *machineFlags) processNet() []string {
	if m.given("net") {
		return m.net
	}
	return slices.DeleteFunc(slices.Clone(m.net), func(n string) bool { return !strings.HasPrefix(n, "tap:") })
}
