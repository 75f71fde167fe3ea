package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"yolk/boot/build"
	"yolk/boot/config"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config [PACKAGE]",
		Short: "show and change a program's yolk.yaml",
		Long: `Config alone is a menu, on a terminal, of what a program's yolk.yaml can say: with
help, search, and a look at what will change before it is saved.

A file yolk.yaml beside a main package says how the program is built and run. Its
keys are the flags of yolk run; what is given on the command line comes before it,
and without both a key has its default. Paths in it are from its own folder.

  memory: 64M
  p: ["8080:80"]
  opt:
    sched: coop`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && !isFolder(args[0]) {
				return unknown(cmd.Root(), append([]string{"config"}, args...))
			}
			if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
				return &exitError{exitUsage, errors.New("the menu needs a terminal; yolk config show and set do not")}
			}
			return openMenu(args)
		},
	}
	cmd.AddCommand(newConfigShow(), newConfigSet(), newConfigSchema())
	return cmd
}

func newConfigShow() *cobra.Command {
	var v voice
	run := newRun()
	cmd := &cobra.Command{
		Use:   "show [flags] [PACKAGE]",
		Short: "say what each key is, and where that comes from",
		Long: `Show takes the flags of yolk run, and says for each key what yolk run with these
flags would use: the value of a flag, of yolk.yaml, or the default.`,
		Example: "  yolk config show ./apps/httpd\n  yolk config show -memory 1G ./apps/httpd",
		Args:    atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			if len(args) == 1 && build.IsLocal(args[0]) && !isFolder(args[0]) {
				return &exitError{exitUsage, fmt.Errorf("no such folder: %s", args[0])}
			}
			all := shown(keys(cmd.Flags()))
			if v.json {
				return printJSON(stdout, all)
			}
			w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
			for _, k := range all {
				fmt.Fprintf(w, "%s\t%s\t%s\n", k.Key, strings.Join(k.Values, " "), k.From)
			}
			return fail(w.Flush())
		},
	}
	for _, f := range keys(run.Flags()) {
		cmd.Flags().AddFlag(f)
	}
	v.addJSON(cmd.Flags(), "print it as JSON")
	return cmd
}

// A shownKey is a line of yolk config show.
type shownKey struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
	From   string   `json:"from"`
	About  string   `json:"about"`
}

func shown(flags []*pflag.Flag) (all []shownKey) {
	for _, f := range flags {
		_, about := pflag.UnquoteUsage(f)
		k := shownKey{f.Name, []string{f.Value.String()}, "default", about}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			k.Values = list.GetSlice()
		}
		switch {
		case f.Annotations[fromFile] != nil:
			k.From = f.Annotations[fromFile][0]
		case f.Changed:
			k.From = "flag"
		}
		all = append(all, k)
	}
	return all
}

func newConfigSet() *cobra.Command {
	return &cobra.Command{
		Use:   "set KEY=VALUE... [PACKAGE]",
		Short: "change keys in yolk.yaml",
		Long: `Set writes values into the yolk.yaml of a package, the current folder's unless one is
named, and keeps its comments. KEY= goes back to the default. A key that takes a list
may be given several times; what it had is replaced.`,
		Example: "  yolk config set memory=64M p=8080:80 p=8443:443 ./apps/httpd\n  yolk config set memory= opt=sched=coop",
		ValidArgsFunction: func(*cobra.Command, []string, string) (all []cobra.Completion, _ cobra.ShellCompDirective) {
			for _, f := range keys(newRun().Flags()) {
				_, about := pflag.UnquoteUsage(f)
				all = append(all, f.Name+"=\t"+about)
			}
			return all, cobra.ShellCompDirectiveNoSpace
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var pkg []string
			if n := len(args); n > 0 && !strings.Contains(args[n-1], "=") {
				last := args[n-1]
				args, pkg = args[:n-1], []string{last}
				if !isFolder(last) {
					return &exitError{exitUsage, fmt.Errorf("%s is neither KEY=VALUE nor a package's folder", last)}
				}
			}
			if len(args) == 0 {
				return &exitError{exitUsage, fmt.Errorf("say what to set: KEY=VALUE (yolk config show lists keys; see %s)", helpOf(cmd))}
			}
			f, err := config.Read(configOf(pkg))
			if err != nil {
				return fail(err)
			}
			if err := change(f, args); err != nil {
				return err
			}
			if err := f.Write(); err != nil {
				return fail(err)
			}
			fmt.Fprintf(stdout, "%s  %d keys\n", f.Path, len(f.Settings))
			return nil
		},
	}
}

// change applies KEY=VALUE arguments to a file, which is checked as a whole.
func change(f *config.File, args []string) error {
	all := newRun().Flags()
	given := map[string][]string{}
	for _, a := range args {
		key, value, ok := strings.Cut(a, "=")
		if !ok {
			return &exitError{exitUsage, fmt.Errorf("%s is not KEY=VALUE", a)}
		}
		if value != "" {
			given[key] = append(given[key], value)
		}
		flag := all.Lookup(key)
		if err := checkSetting(f, config.Setting{Key: key, Values: []config.Value{{Text: value}}}, all); err != nil && (value != "" || flag == nil) {
			text := strings.TrimPrefix(err.Error(), f.Path+":0: ")
			return &exitError{exitUsage, fmt.Errorf("%s", text)}
		}
		if len(given[key]) > 1 && !isList(flag) {
			return &exitError{exitUsage, fmt.Errorf("%s takes one value", key)}
		}
		if err := f.Set(key, given[key], isList(flag)); err != nil {
			return fail(err)
		}
	}
	return nil
}

func newConfigSchema() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "print the JSON Schema of yolk.yaml, for editors",
		Example: "  yolk config schema >" + filepath.Join("~", ".config", "yolk.schema.json"),
		Args:    atMost(0),
		RunE:    func(*cobra.Command, []string) error { return printJSON(stdout, jsonSchema()) },
	}
}
