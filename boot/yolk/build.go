package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"yolk/boot/build"
)

func newBuild() *cobra.Command {
	var b buildFlags
	var output string
	cmd := &cobra.Command{
		Use:   "build [flags] PACKAGE",
		Short: "build a bootable image of a program",
		Long: `Build makes a bootable image of a Go main package, unmodified. PACKAGE is a
folder, an import path, or PATH@VERSION for a program from the module proxy.
The linker's output with symbols stays beside the image, as NAME.elf.`,
		Example: "  yolk build ./apps/httpd\n  yolk build -o dns.yolk github.com/coredns/coredns@v1.12.0",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := b.options(target(args))
			if err != nil {
				return err
			}
			o.Output = output
			if output == "" {
				o.InFolder = "."
			}
			r, err := buildImage(cmd.Context(), o)
			if err != nil {
				return err
			}
			return report(r, b.verbose)
		},
	}
	b.add(cmd.Flags())
	cmd.Flags().BoolVar(&b.side, "side", false, "give the program /dev/hvc0, a virtio console, for a machine that has one")
	cmd.Flags().StringVar(&output, "o", "", "write the image to `FILE`, or into a folder (default NAME.yolk)")
	return cmd
}

// target is the package to work on: the current folder unless one is named.
func target(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// report says what was built.
func report(r *build.Result, verbose bool) error {
	st, err := os.Stat(r.Image)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintf(stdout, "%s  %d bytes\n", r.Image, st.Size())
	if verbose {
		fmt.Fprintf(os.Stderr, "yolk: %s, %d packages, symbols in %s\n", r.Package.ImportPath, r.Package.Deps, r.ELF)
	}
	return nil
}
