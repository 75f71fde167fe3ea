package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"

	"yolk/boot/build"
	"yolk/boot/overlay"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "say which Yolk this is, and what its images are made of",
		Args:  atMost(0),
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "yolk\t%s %s/%s, built with %s\n", version(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			fmt.Fprintf(w, "go releases\t%s\n", overlay.Supported())
			root, err := build.Root()
			if err != nil {
				w.Flush()
				return fail(err)
			}
			fmt.Fprintf(w, "sources\t%s\n", root)
			for _, module := range []string{"github.com/usbarmory/tamago", "gvisor.dev/gvisor"} {
				fmt.Fprintf(w, "%s\t%s\n", module, required(root, module))
			}
			return fail(w.Flush())
		},
	}
}

// version is what the go command recorded when it built this binary: the module's
// version, or the commit and whether files differed from it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	setting := func(key string) string {
		i := slices.IndexFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == key })
		if i < 0 {
			return ""
		}
		return info.Settings[i].Value
	}
	v := cmp.Or(info.Main.Version, "(devel)")
	if commit := setting("vcs.revision"); len(commit) >= 12 && !strings.Contains(v, commit[:12]) {
		v += " " + commit[:12]
	}
	if setting("vcs.modified") == "true" && !strings.Contains(v, "dirty") {
		v += "+dirty"
	}
	return v
}

// required returns the version of a module that the sources at root ask for, which is
// what images get.
func required(root, module string) string {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err.Error()
	}
	f, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return err.Error()
	}
	for _, r := range f.Require {
		if r.Mod.Path == module {
			return r.Mod.Version
		}
	}
	return "not required"
}
