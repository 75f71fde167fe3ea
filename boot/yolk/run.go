package main

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/qemu"
)

func newRun() *cobra.Command {
	var b buildFlags
	var m machineFlags
	cmd := &cobra.Command{
		Use:   "run [flags] PACKAGE|IMAGE [-- ARGUMENTS]",
		Short: "build a program and run it on an emulated machine",
		Long: `Run builds the package like build does, or takes an image that build made, a
NAME.yolk, boots it, and exits with the status of the program. Ctrl-C and SIGTERM reach the program as SIGINT and SIGTERM;
the second one ends the machine. What follows "--" goes to the program. With -d the
machine runs in the background, whatever becomes of this terminal.`,
		Example:           "  yolk run ./apps/helloworld\n  yolk run -memory 64M -p 8080:8080 ./apps/httpd\n  yolk run -p 8080:8080 -files ./apps/httpd/site:/srv ./apps/httpd -- -root /srv\n  yolk run -v ./data:/data ./server\n  yolk run -memory 64M server.yolk -- -verbose",
		ValidArgsFunction: packagesOrImages,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, guest := splitArgs(cmd, args)
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			if err := m.checkDetached(); err != nil {
				return err
			}
			if b.plat == processPlatform {
				return m.process(cmd, &b, args, guest)
			}
			p, r, err := m.image(cmd.Context(), &b, args)
			if err != nil {
				return err
			}
			if m.detach {
				return m.background(p, r, &b.voice, guest)
			}
			return m.boot(cmd.Context(), p, r, &b.voice, guest)
		},
	}
	m.addRun(cmd, &b)
	return cmd
}

// image returns what boots: the image that args name, or that of the package, which it
// builds when the rest of the command line is right.
func (m *machineFlags) image(ctx context.Context, b *buildFlags, args []string) (build.Platform, *build.Result, error) {
	if isImage(args) {
		return b.built(args[0], m.set)
	}
	b.side, b.volumes = m.side != "", len(m.volumes) > 0
	o, err := b.options(args)
	if err != nil {
		return o.Platform, nil, err
	}
	m.showStatus(b.status, &b.voice)
	if _, err := m.config(o.Platform, nil, nil); err != nil {
		return o.Platform, nil, &exitError{exitUsage, err}
	}
	r, err := b.buildImage(ctx, o)
	return o.Platform, r, err
}

// addRun adds the flags of yolk run.
func (m *machineFlags) addRun(cmd *cobra.Command, b *buildFlags) {
	b.add(cmd.Flags())
	b.addJSON(cmd.Flags(), "print how it ended as a line of JSON, to standard error, where the program's output is not")
	m.add(cmd.Flags(), "128M")
	cmd.Flags().Lookup("volumes").Shorthand = "v"
	cmd.Flags().BoolVar(&m.detach, "d", false, "run in the background, and print the name for yolk ps, logs, stop and rm")
	cmd.Flags().StringVar(&m.crash, "crash", "", "if the machine ends with another status than 0, write a report to `FILE`: what it was and said last, all goroutines (GOTRACEBACK=crash), registers if a fault ended it, the kernel's threads, memory and its regions, with functions and lines at addresses")
	cmd.Flags().StringVar(&m.timeline, "timeline", "", "write when the boot's phases began to `FILE`, and the instructions of each in software emulation, as a picture if its name ends in .svg")
	cmd.Flags().StringVar(&m.network, "network", "", "put the machine on the network of that `NAME`, where those that name it reach each other, instead of -net; -p leads there as well")
	cmd.Flags().StringVar(&m.name, "name", "", "with -d, the `NAME` (default the program's)")
}

// showStatus leads a port of this computer to the status page, if there is one and no
// other leads there.
func (m *machineFlags) showStatus(address string, v *voice) {
	port, err := statusPort(address)
	if err != nil || len(m.net) > 0 && m.net[0] != string(qemu.NetUser) {
		return
	}
	if slices.ContainsFunc(m.forwards, func(s string) bool { f, err := qemu.ParseForward(s); return err == nil && f.Guest == port }) {
		return
	}
	f := qemu.Forward{Proto: "tcp", Addr: "127.0.0.1", Host: port, Guest: port}
	m.forwards = append(m.forwards, f.String())
	if !m.print {
		v.say("status page: %s", url("http", f))
	}
}

// splitArgs separates our arguments from those after "--".
func splitArgs(cmd *cobra.Command, args []string) (ours, guests []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// A ranImage is what yolk run -json prints.
type ranImage struct {
	Image   string  `json:"image"`
	Package string  `json:"package"`
	Status  int     `json:"status"`          // the program's, if there is no error
	Error   string  `json:"error,omitempty"` // why the machine did not run to its end
	Seconds float64 `json:"seconds"`
}

// text is an error's, "" for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// boot runs a built program and turns its status into ours.
func (m *machineFlags) boot(ctx context.Context, p build.Platform, r *build.Result, v *voice, args []string) error {
	c, err := m.config(p, []string{"argv0=" + r.Name}, args)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	begun := time.Now()
	report, err := newCrashReport(m.crash)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	noTimeline, err := m.recordTimeline(&c, r, v)
	if err != nil {
		return err
	}
	status, err := m.start(ctx, c, r.Image, v, report.watch(coloured(stdout, os.Stdout)))
	if v.json && !m.print {
		json.NewEncoder(os.Stderr).Encode(ranImage{r.Image, r.Package.ImportPath, status, text(err), time.Since(begun).Seconds()})
	}
	if !m.print {
		if err := report.save(r, m.shown(c, r.Image), status, err, v); err != nil {
			return fail(err)
		}
	}
	switch {
	case err != nil:
		return &exitError{exitMachine, err}
	case status != 0:
		return &exitError{status: status}
	}
	return fail(noTimeline())
}
