package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/config"
	"yolk/boot/fleet"
)

// upFlags are those of yolk up and down.
type upFlags struct {
	file string
	voice
}

func (u *upFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&u.file, "f", config.FleetName, "the `FILE` that describes the machines")
	cmd.Flags().BoolVar(&u.quiet, "q", false, "say nothing but what is wrong")
}

func newUp() *cobra.Command {
	var u upFlags
	cmd := &cobra.Command{
		Use:   "up [flags]",
		Short: "start the machines that a file describes, in the background",
		Long: `Up starts each machine of ` + config.FleetName + ` in the background that does not run, in the
order of their dependencies:

  machines:
    db:
      package: ./db
      ready: 5432             # the port at which it answers when it is
    web:
      package: ./web
      after: db
      args: [-db, "db:5432"]
      p: ["8080:80"]

The other keys are those of yolk.yaml, and come before that of the package. The machines
are on one network, where each finds the others by name; network: names another, and net:
none. Their names are FOLDER.NAME here, for yolk ps and logs; yolk down ends them.`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return u.up(cmd.Context()) },
	}
	u.add(cmd)
	u.addJSON(cmd.Flags(), "print a line of JSON for each machine")
	return cmd
}

func newDown() *cobra.Command {
	var u upFlags
	cmd := &cobra.Command{
		Use:   "down [flags]",
		Short: "end and remove the machines that yolk up started",
		Args:  atMost(0),
		RunE:  func(*cobra.Command, []string) error { return u.down() },
	}
	u.add(cmd)
	return cmd
}

// readyTime is how long a machine may take to answer before others are started.
const readyTime = time.Minute

func (u *upFlags) up(ctx context.Context) error {
	file, err := config.ReadFleet(u.file)
	if errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("%s is not there: yolk help up shows what one looks like, and -f names another", u.file))
	} else if err != nil {
		return fail(err)
	}
	path, err := filepath.Abs(u.file)
	if err != nil {
		return fail(err)
	}
	f, err := ourFleet()
	if err != nil {
		return err
	}
	name := filepath.Base(filepath.Dir(path))
	for _, m := range file.Machines { // all that is wrong, before the first is started
		if _, err := newMemberRun(file, m, name); err != nil {
			return fail(err)
		}
		if _, err := strconv.ParseUint(cmp.Or(m.Ready, "1"), 10, 16); err != nil {
			return fail(file.Errorf(m.Line, "%s: ready: %q is no TCP port", m.Name, m.Ready))
		}
	}
	for _, m := range file.Machines {
		if old, err := f.Open(name + "." + m.Name); err == nil {
			if old.Running() {
				continue
			}
			if err := old.Remove(); err != nil {
				return fail(err)
			}
		}
		r, err := newMemberRun(file, m, name)
		if err != nil {
			return fail(err)
		}
		r.fleet, r.b.voice = path, voice{quiet: u.quiet, json: u.json}
		if err := r.start(ctx, m.Args); err != nil {
			return err
		}
		if err := r.await(ctx, f, m); err != nil {
			return fail(err)
		}
	}
	return nil
}

// A memberRun is yolk run -d for a machine of a fleet.
type memberRun struct {
	b buildFlags
	machineFlags
	target string
}

// newMemberRun takes the settings of a machine as flags: the fleet's first, and then those
// of the package's own file.
func newMemberRun(file *config.Fleet, m config.Member, folder string) (*memberRun, error) {
	r := &memberRun{target: m.Package}
	cmd := &cobra.Command{Use: "run"}
	r.addRun(cmd, &r.b)
	if dir := filepath.Join(filepath.Dir(file.Path), m.Package); isFolder(dir) {
		r.target = dir
	} else if build.IsLocal(m.Package) && !isFolder(m.Package) {
		return nil, file.Errorf(m.Line, "%s: package: no such folder: %s", m.Name, dir)
	}
	own := &config.File{Path: file.Path, Settings: m.Settings}
	if err := apply(own, cmd.Flags()); err != nil {
		return nil, err
	}
	if err := settings(cmd.Flags(), []string{r.target}); err != nil {
		return nil, err
	}
	if r.network == "" && len(r.net) == 0 {
		r.network = folder
	}
	r.name, r.detach = folder+"."+m.Name, true
	return r, fleet.CheckName(r.name)
}

// start builds the program and starts the machine.
func (r *memberRun) start(ctx context.Context, args []string) error {
	o, err := r.b.options([]string{r.target})
	if err != nil {
		return err
	}
	if o.Platform.Process() {
		return &exitError{exitUsage, errors.New("-plat " + o.Platform.Name + " is no machine")}
	}
	built, err := r.b.buildImage(ctx, o)
	if err != nil {
		return err
	}
	return r.background(o.Platform, built, &r.b.voice, args)
}

// await waits until a machine is ready.
func (r *memberRun) await(ctx context.Context, f fleet.Fleet, m config.Member) error {
	if m.Ready == "" {
		return nil
	}
	if r.network == "" {
		return fmt.Errorf("%s: ready: only for machines on a network of the fleet", m.Name)
	}
	on, err := f.Open(r.name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for !f.Answers(r.network, r.name, m.Ready) {
		if !on.Running() {
			return fmt.Errorf("%s ended before it was ready (yolk logs %s)", r.name, r.name)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer at port %s (yolk logs %s)", r.name, m.Ready, r.name)
		case <-time.After(lookAgain):
		}
	}
	return nil
}

// stopped ends a machine if it runs.
func stopped(m *fleet.Machine) error {
	if !m.Running() {
		return nil
	}
	return m.Stop(false)
}

func (u *upFlags) down() error {
	path, err := filepath.Abs(u.file)
	if err != nil {
		return fail(err)
	}
	f, err := ourFleet()
	if err != nil {
		return err
	}
	all, err := f.List()
	if err != nil {
		return fail(err)
	}
	var failed []string
	for _, m := range fleet.Of(all, path) {
		if err = stopped(m); err == nil {
			err = m.Remove()
		}
		if err != nil {
			failed = append(failed, err.Error())
			continue
		}
		u.say("%s is down", m.Name)
	}
	if failed != nil {
		return fail(errors.New(strings.Join(failed, "; ")))
	}
	return nil
}
