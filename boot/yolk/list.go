package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/overlay"
)

// A listing is what yolk list prints, and its JSON.
type listing struct {
	Platforms []listedPlatform `json:"platforms"`
	Go        []string         `json:"go"`       // releases
	Programs  []string         `json:"programs"` // folders of those that come with Yolk
}

type listedPlatform struct {
	Name     string   `json:"name"`
	Arch     string   `json:"arch"`
	Machines []string `json:"machines,omitempty"` // the first is the default
	About    string   `json:"about"`
}

func newList() *cobra.Command {
	var v voice
	cmd := &cobra.Command{
		Use:   "list [flags]",
		Short: "list platforms, machines, programs and supported Go releases",
		Args:  atMost(0),
		RunE: func(*cobra.Command, []string) error {
			l, err := list()
			switch {
			case err != nil:
				return fail(err)
			case v.json:
				return printJSON(stdout, l)
			}
			return fail(l.print(v.quiet))
		},
	}
	cmd.Flags().BoolVar(&v.quiet, "q", false, "the programs' folders only")
	v.addJSON(cmd.Flags(), "print it as JSON")
	return cmd
}

func list() (l listing, err error) {
	for _, p := range build.Platforms {
		l.Platforms = append(l.Platforms, listedPlatform{p.Name, p.Arch, p.Machines, p.About})
	}
	l.Go = overlay.Releases()
	root, err := build.Root()
	if err != nil {
		return l, err
	}
	mains, err := filepath.Glob(filepath.Join(root, "apps", "*", "main.go"))
	for _, m := range mains {
		l.Programs = append(l.Programs, filepath.Dir(m))
	}
	return l, err
}

// print prints tables for people.
func (l *listing) print(quiet bool) error {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	if !quiet {
		fmt.Fprintln(w, "PLATFORM\tARCH\tMACHINES\tABOUT")
		for _, p := range l.Platforms {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Arch, strings.Join(p.Machines, ", "), p.About)
		}
		fmt.Fprintf(w, "\nGO RELEASES\t%s\n\nPROGRAMS\n", overlay.Supported())
	}
	for _, p := range l.Programs {
		fmt.Fprintln(w, p)
	}
	return w.Flush()
}

func newClean() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "remove what Yolk keeps in its cache folder",
		Args:  atMost(0),
		RunE: func(*cobra.Command, []string) error {
			cache, err := build.Cache()
			if err == nil {
				err = build.Clean(cache)
			}
			return fail(err)
		},
	}
}
