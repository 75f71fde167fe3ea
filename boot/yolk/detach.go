package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/fleet"
)

// ourFleet is where the machines of this user are kept: $YOLK_MACHINES, or a folder in
// the cache.
func ourFleet() (fleet.Fleet, error) {
	if dir := os.Getenv("YOLK_MACHINES"); dir != "" {
		dir, err := filepath.Abs(dir)
		return fleet.Fleet{Folder: dir}, fail(err)
	}
	cache, err := build.Cache()
	return fleet.Fleet{Folder: filepath.Join(cache, "machines")}, fail(err)
}

// newKeep is the command of the processes that keep machines in the background.
func newKeep() *cobra.Command {
	return &cobra.Command{
		Use:    "keep NAME...",
		Short:  "run machines in the background, as run -d has it do",
		Hidden: true,
		RunE: func(_ *cobra.Command, names []string) error {
			f, err := ourFleet()
			if err != nil {
				return err
			}
			signals := make(chan os.Signal, 2)
			signal.Notify(signals, endSignals...)
			return fail(f.Keep(networkServer(), names, signals))
		},
	}
}

// newNetwork is the command of the processes that serve networks.
func newNetwork() *cobra.Command {
	return &cobra.Command{
		Use:    "network NAME",
		Short:  "serve a network between machines, as -network has it do",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := ourFleet()
			if err != nil {
				return err
			}
			return fail(f.ServeNetwork(args[0]))
		},
	}
}

// networkServer is the command line of such a process, but for the name.
func networkServer() []string {
	self, _ := os.Executable()
	return []string{self, "network"}
}

// keeper is the command line of a process that keeps these machines.
func keeper(machines []*fleet.Machine) ([]string, error) {
	self, err := os.Executable()
	line := []string{self, "keep"}
	for _, m := range machines {
		line = append(line, m.Name)
	}
	return line, err
}

// checkDetached refuses what a machine in the background has no use for.
func (m *machineFlags) checkDetached() error {
	switch {
	case m.name != "" && !m.detach:
		return &exitError{exitUsage, errors.New("-name is for machines in the background: add -d")}
	case m.detach && m.print:
		return &exitError{exitUsage, errors.New("-d and -n contradict each other")}
	case m.detach && m.timeline != "":
		return &exitError{exitUsage, errors.New("-d and -timeline contradict each other: yolk run itself takes it")}
	case m.detach && m.crash != "":
		return &exitError{exitUsage, errors.New("-d and -crash contradict each other: yolk run itself takes it, and yolk logs has what a machine in the background has said")}
	case m.network != "" && m.print:
		return &exitError{exitUsage, errors.New("-n cannot print a machine on a -network: that is a socket of this process")}
	case m.name != "":
		if err := fleet.CheckName(m.name); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	return nil
}

// background starts a built program in the background and says under which name.
func (m *machineFlags) background(p build.Platform, r *build.Result, v *voice, args []string) error {
	c, err := m.config(p, []string{"argv0=" + r.Name}, args)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if err := m.ready(&c, r.Image, v); err != nil {
		return &exitError{exitMachine, err}
	}
	if c.Side != "" {
		if c.Side, err = filepath.Abs(c.Side); err != nil {
			return fail(err)
		}
	}
	c.Memfd = p.Memory == "" // a board has its own
	f, err := ourFleet()
	if err != nil {
		return err
	}
	machine := fleet.Machine{Name: m.name, Package: r.Package.ImportPath, Fleet: m.fleet, Started: time.Now(), Config: c}
	if machine.Name == "" {
		machine.Name = f.FreeName(r.Name)
	}
	started, err := launch(f, machine)
	if err != nil {
		return err
	}
	return v.launched(started...)
}

// launch creates machines and starts them, all or none.
func launch(f fleet.Fleet, machines ...fleet.Machine) (started []*fleet.Machine, err error) {
	var locks []*os.File
	for _, m := range machines {
		created, lock, err := f.Create(m)
		if err != nil {
			for i, m := range started {
				locks[i].Close()
				m.Discard()
			}
			return nil, fail(err)
		}
		started, locks = append(started, created), append(locks, lock)
	}
	line, err := keeper(started)
	if err == nil {
		err = f.Start(line, started, locks)
	}
	if err != nil {
		return nil, &exitError{exitMachine, err}
	}
	return started, nil
}

// launched prints the machines' names.
func (v *voice) launched(machines ...*fleet.Machine) error {
	for _, m := range machines {
		if v.json {
			if err := json.NewEncoder(stdout).Encode(inspect(m)); err != nil {
				return fail(err)
			}
			continue
		}
		fmt.Fprintln(stdout, m.Name)
	}
	return nil
}
