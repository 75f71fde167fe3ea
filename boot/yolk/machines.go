package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/fleet"
)

// A listedMachine is a row of yolk ps, and its JSON.
type listedMachine struct {
	Name    string    `json:"name"`
	State   string    `json:"state"` // starting, running, ended, failed or killed
	Status  int       `json:"status"`
	Error   string    `json:"error,omitempty"`
	Process int       `json:"process,omitempty"`
	Started time.Time `json:"started"`
	Package string    `json:"package"`
	Memory  int64     `json:"memory"` // bytes
	Network string    `json:"network,omitempty"`
	Address string    `json:"address,omitempty"` // there
	Ports   []string  `json:"ports,omitempty"`
	Control string    `json:"control"`
	Log     string    `json:"log"`
}

// inspect looks at a machine.
func inspect(m *fleet.Machine) listedMachine {
	l := listedMachine{Name: m.Name, State: "running", Started: m.Started, Package: m.Package, Memory: m.Config.Memory, Network: m.Config.Net.Switch, Address: m.Config.Net.Address, Control: m.Control(), Log: m.Log()}
	for _, f := range m.Config.Net.Forwards {
		l.Ports = append(l.Ports, f.String())
	}
	var err error
	if l.Process, err = m.Process(); err == nil {
		return l
	}
	if m.Running() {
		l.State = "starting"
		return l
	}
	e := m.End()
	l.State, l.Status, l.Error = "ended", e.Status, e.Error
	if e.Error == fleet.ErrKilled.Error() {
		l.State = "killed"
	} else if e.Error != "" {
		l.State = "failed"
	}
	return l
}

// state is what a row says of it.
func (l listedMachine) state() string {
	switch l.State {
	case "running":
		return "running " + age(time.Since(l.Started))
	case "ended":
		return fmt.Sprintf("ended (%d)", l.Status)
	}
	return l.State
}

// age is a duration in the largest unit that it has.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

func newPs() *cobra.Command {
	var v voice
	cmd := &cobra.Command{
		Use:   "ps [flags]",
		Short: "list the machines in the background",
		Args:  atMost(0),
		RunE: func(*cobra.Command, []string) error {
			f, err := ourFleet()
			if err != nil {
				return err
			}
			machines, err := f.List()
			if err != nil {
				return fail(err)
			}
			rows := []listedMachine{}
			for _, m := range machines {
				rows = append(rows, inspect(m))
			}
			if v.json {
				return printJSON(stdout, rows)
			}
			return fail(printMachines(rows, v.quiet))
		},
	}
	cmd.Flags().BoolVar(&v.quiet, "q", false, "their names only")
	v.addJSON(cmd.Flags(), "print it as JSON")
	return cmd
}

// printMachines prints the table for people, or the names alone. It has a column of
// addresses if there is one.
func printMachines(rows []listedMachine, namesOnly bool) error {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	address := func(string) string { return "" }
	if slices.ContainsFunc(rows, func(r listedMachine) bool { return r.Address != "" }) {
		address = func(a string) string { return a + "\t" }
	}
	if !namesOnly && len(rows) > 0 {
		fmt.Fprintf(w, "NAME\tSTATE\tMEMORY\t%sPACKAGE\tPORTS\n", address("ADDRESS"))
	}
	for _, r := range rows {
		if namesOnly {
			fmt.Fprintln(w, r.Name)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%dM\t%s%s\t%s\n", r.Name, r.state(), r.Memory>>20, address(r.Address), r.Package, strings.Join(r.Ports, " "))
	}
	return w.Flush()
}

// onMachines makes the body of a command that does something with each machine that it
// names, and goes on when one fails.
func onMachines(do func(*fleet.Machine) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return &exitError{exitUsage, fmt.Errorf("name a machine (yolk ps lists them; see %s)", helpOf(cmd))}
		}
		f, err := ourFleet()
		if err != nil {
			return err
		}
		failed := false
		for _, name := range args {
			m, err := f.Open(name)
			if err == nil {
				err = do(m)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "yolk:", err)
				failed = true
			}
		}
		if failed {
			return &exitError{status: exitFailure}
		}
		return nil
	}
}

func newLogs() *cobra.Command {
	follow := false
	cmd := &cobra.Command{
		Use:   "logs [flags] NAME",
		Short: "print what a machine in the background has said",
		Args:  atMost(1),
	}
	cmd.RunE = onMachines(func(m *fleet.Machine) error { return printLog(m, follow) })
	cmd.Flags().BoolVar(&follow, "f", false, "go on until the machine ends")
	return cmd
}

// lookAgain is how often a log is looked at that is followed.
const lookAgain = 100 * time.Millisecond

// printLog copies a log, to its end when the machine has ended.
func printLog(m *fleet.Machine, follow bool) error {
	log, err := os.Open(m.Log())
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s has said nothing: it did not start", m.Name)
	}
	if err != nil {
		return err
	}
	defer log.Close()
	for {
		goesOn := follow && m.Running() // looked at before the log's end is
		if _, err := io.Copy(stdout, log); err != nil || !goesOn {
			return err
		}
		time.Sleep(lookAgain)
	}
}

func newStop() *cobra.Command {
	now := false
	cmd := &cobra.Command{
		Use:   "stop [flags] NAME...",
		Short: "end machines in the background",
		Long: `Stop asks the program of each machine to end, as SIGTERM does, and waits until it has;
one that takes longer than its -grace is ended. What the machine has said stays, until
yolk rm.`,
	}
	cmd.RunE = onMachines(func(m *fleet.Machine) error { return m.Stop(now) })
	cmd.Flags().BoolVar(&now, "f", false, "end the machine without asking its program")
	return cmd
}

func newRm() *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:   "rm [flags] NAME...",
		Short: "remove what is kept of machines that have ended",
	}
	cmd.RunE = onMachines(func(m *fleet.Machine) error {
		if force && m.Running() {
			if err := m.Stop(true); err != nil && m.Running() {
				return err
			}
		}
		return m.Remove()
	})
	cmd.Flags().BoolVar(&force, "f", false, "end those that run")
	return cmd
}
