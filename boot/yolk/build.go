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
folder, an import path, PATH@VERSION for a program from the module proxy, or the
names of .go files, as for go run.
The linker's output with symbols stays beside the image, as NAME.elf.`,
		Example: "  yolk build ./apps/httpd\n  yolk build -o dns.yolk github.com/coredns/coredns@v1.12.0",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			o, err := b.options(args)
			if err != nil {
				return err
			}
			o.Output = output
			if output == "" {
				o.InFolder = "."
			}
			r, err := b.buildImage(cmd.Context(), o)
			if err != nil {
				return err
			}
			return b.report(r, o.Platform)
		},
	}
	b.add(cmd.Flags())
	b.addJSON(cmd.Flags(), "print what was built as JSON")
	cmd.Flags().BoolVar(&b.side, "side", false, "give the program /dev/hvc0, a virtio console, for a machine that has one")
	cmd.Flags().BoolVar(&b.volumes, "volumes", false, "let the program see folders of the host, as virtio 9P devices show them, by the option mount=TAG:PATH[:ro]")
	cmd.Flags().StringVar(&output, "o", "", "write the image to `FILE`, or into a folder (default NAME.yolk)")
	return cmd
}

// A builtImage is what yolk build -json prints.
type builtImage struct {
	Image    string   `json:"image"`
	ELF      string   `json:"elf"` // with symbols
	Bytes    int64    `json:"bytes"`
	Package  string   `json:"package"`
	Packages int      `json:"packages"` // the program's, itself included
	Platform string   `json:"platform"`
	Arch     string   `json:"arch"`
	LeftOut  []string `json:"left_out,omitempty"` // what would have made it smaller
	Notes    []string `json:"notes,omitempty"`    // what of the program will fail on a machine
}

// report says what was built.
func (v *voice) report(r *build.Result, p build.Platform) error {
	st, err := os.Stat(r.Image)
	if err != nil {
		return fail(err)
	}
	if v.json {
		return printJSON(stdout, builtImage{r.Image, r.ELF, st.Size(), r.Package.ImportPath, r.Package.Deps, p.Name, p.Arch, r.LeftOut, r.Notes})
	}
	if !v.quiet {
		fmt.Fprintf(stdout, "%s  %d bytes\n", r.Image, st.Size())
	}
	if v.verbose {
		v.say("%s, %d packages, symbols in %s", r.Package.ImportPath, r.Package.Deps, r.ELF)
	}
	return nil
}
