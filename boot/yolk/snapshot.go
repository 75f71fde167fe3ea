package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/fleet"
	"yolk/boot/qemu"
)

func newSnapshot() *cobra.Command {
	cmd := parent(&cobra.Command{
		Use:   "snapshot",
		Short: "save a machine in the background, and start machines that go on from there",
		Long: `A snapshot is a folder with all that a machine was at a moment. Machines that are started
from it do not boot: they go on, each with its own random numbers and the right time, and
share the memory that none of them has written.`,
	})
	cmd.AddCommand(newSnapshotSave(), newSnapshotStart())
	return cmd
}

func newSnapshotSave() *cobra.Command {
	return &cobra.Command{
		Use:     "save NAME FOLDER",
		Short:   "save a machine in the background, which goes on",
		Example: "  yolk run -d -memory 16M ./apps/httpd && yolk snapshot save httpd httpd.saved",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &exitError{exitUsage, fmt.Errorf("name a machine and a folder to make (see %s)", helpOf(cmd))}
			}
			return onMachines(func(m *fleet.Machine) error { return m.Save(args[1]) })(cmd, args[:1])
		},
	}
}

// cloneFlags are those of yolk snapshot start.
type cloneFlags struct {
	count    int
	name     string
	forwards []string
	voice
}

func newSnapshotStart() *cobra.Command {
	var c cloneFlags
	cmd := &cobra.Command{
		Use:   "start [flags] FOLDER",
		Short: "start machines in the background that go on from a snapshot",
		Long: `Start has machines in the background go on from a snapshot, and prints their names. With
-count each further one has the next port of -p.`,
		Example: "  yolk snapshot start -count 3 -p 9001:8080 httpd.saved   # ports 9001, 9002 and 9003",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || c.count < 1 {
				return &exitError{exitUsage, fmt.Errorf("name one snapshot's folder, and one machine at least (see %s)", helpOf(cmd))}
			}
			return c.start(args[0])
		},
	}
	f := cmd.Flags()
	f.IntVar(&c.count, "count", 1, "`NUMBER` of machines")
	f.StringVar(&c.name, "name", "", "`NAME` of the first (default the saved one's); the others have a number behind it")
	f.StringArrayVar(&c.forwards, "p", nil, "lead a port of this machine to the guest, `[ADDR:]HOST:GUEST[/udp]` (repeatable)")
	f.BoolVar(&c.quiet, "q", false, "say nothing but what is wrong")
	c.addJSON(f, "print a line of JSON for each")
	return cmd
}

func (c *cloneFlags) start(folder string) error {
	saved, err := fleet.Load(folder)
	if err != nil {
		return fail(err)
	}
	var forwards []qemu.Forward
	for _, s := range c.forwards {
		f, err := qemu.ParseForward(s)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		if int(f.Host)+c.count-1 > 65535 {
			return &exitError{exitUsage, fmt.Errorf("-p %s: there are no %d ports from there on", s, c.count)}
		}
		forwards = append(forwards, f)
	}
	if kind := saved.Config.Net.Kind; len(forwards) > 0 && kind != qemu.NetUser && kind != qemu.NetSwitch {
		return &exitError{exitUsage, fmt.Errorf("-p works with -net user and -network only, and the saved machine's network is %s", saved.Config.Net.Kind)}
	}
	f, err := ourFleet()
	if err != nil {
		return err
	}
	saved.Name = cmp.Or(c.name, saved.Name)
	if err := fleet.CheckName(saved.Name); err != nil {
		return &exitError{exitUsage, err}
	}
	var clones []fleet.Machine
	for i := range c.count {
		m := saved
		m.Started = time.Now()
		m.Name = f.FreeName(saved.Name, clones...)
		m.Config.Net.Forwards = slices.Clone(forwards)
		for j := range forwards {
			m.Config.Net.Forwards[j].Host += uint16(i)
		}
		clones = append(clones, m)
	}
	started, err := launch(f, clones...)
	if err != nil {
		return err
	}
	return c.launched(started...)
}
