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

func newList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list platforms, machines, programs and supported Go releases",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "PLATFORM\tARCH\tMACHINES\t")
			for _, p := range build.Platforms {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Arch, strings.Join(p.Machines, ", "), p.About)
			}
			fmt.Fprintf(w, "\nGO RELEASES\t%s\n", overlay.Supported())
			if err := w.Flush(); err != nil {
				return fail(err)
			}
			return listApps()
		},
	}
}

// listApps prints the programs that come with Yolk.
func listApps() error {
	root, err := build.Root()
	if err != nil {
		return fail(err)
	}
	mains, err := filepath.Glob(filepath.Join(root, "apps", "*", "main.go"))
	if err != nil {
		return fail(err)
	}
	fmt.Fprintln(stdout, "\nPROGRAMS")
	for _, m := range mains {
		fmt.Fprintln(stdout, filepath.Dir(m))
	}
	return nil
}

func newClean() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "remove what Yolk keeps in its cache folder",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cache, err := build.Cache()
			if err == nil {
				err = build.Clean(cache)
			}
			return fail(err)
		},
	}
}
