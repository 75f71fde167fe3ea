package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/size"
)

// An explained is what yolk size prints, and its JSON.
type explained struct {
	Image     string         `json:"image"`
	Bytes     int64          `json:"bytes"`
	Libraries []size.Library `json:"libraries"`
	Types     int64          `json:"types"` // and constants, and what is packed
	Parts     []partSize     `json:"parts"`
}

// A partSize is an optional part of the image, and what it would be smaller without.
type partSize struct {
	Part string `json:"part"`
	For  string `json:"for"`
	size.Bytes
}

func newSize() *cobra.Command {
	var b buildFlags
	cmd := &cobra.Command{
		Use:   "size [flags] PACKAGE",
		Short: "explain how large an image is, by library",
		Long: `Size builds the package like build does, into the cache, and says what of the
image is whose: code, variables with a value, and the runtime's tables of functions,
which are counted in proportion to the code. Then it lists the parts that the image
has because of something that the program does, and how much smaller it would be
without that.`,
		Example: "  yolk size ./apps/httpd\n  yolk size -arch arm64 -json ./apps/l2fwd",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			o, err := b.options(args)
			if err != nil {
				return err
			}
			if o.Platform.Process() {
				return &exitError{exitUsage, fmt.Errorf("-plat %s makes no image", o.Platform.Name)}
			}
			o.Progress = b.progress()
			r, parts, err := build.Explain(cmd.Context(), o)
			o.Progress.Stop()
			if err != nil {
				return fail(err)
			}
			e, err := explain(r, parts)
			switch {
			case err != nil:
				return fail(err)
			case b.json:
				return printJSON(stdout, e)
			}
			return fail(e.print())
		},
	}
	b.add(cmd.Flags())
	b.addJSON(cmd.Flags(), "print it as JSON")
	return cmd
}

// explain reads the image's program.
func explain(r *build.Result, parts []build.Brought) (*explained, error) {
	st, err := os.Stat(r.Image)
	if err != nil {
		return nil, err
	}
	p, err := size.Read(r.ELF)
	if err != nil {
		return nil, err
	}
	e := &explained{Image: r.Image, Bytes: st.Size(), Types: st.Size()}
	e.Libraries = p.Libraries(func(pkg string) string { return size.LibraryOf(pkg, r.Package.ImportPath) })
	for _, l := range e.Libraries {
		e.Types -= l.Total()
	}
	for _, part := range parts {
		e.Parts = append(e.Parts, partSize{part.Part, part.For, p.Sum(part.Packages)})
	}
	return e, nil
}

// print prints tables for people.
func (e *explained) print() error {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	percent := func(n int64) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(e.Bytes)) }
	fmt.Fprintln(w, "CODE\tDATA\tTABLES\tBYTES\tSHARE\t  LIBRARY")
	for _, l := range e.Libraries {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%s\t  %s\n", l.Code, l.Data, l.Tables, l.Total(), percent(l.Total()), l.Name)
	}
	fmt.Fprintf(w, "\t\t\t%d\t%s\t  types, constants, packed files\n", e.Types, percent(e.Types))
	fmt.Fprintf(w, "\t\t\t%d\t\t  %s\n", e.Bytes, e.Image)
	if len(e.Parts) > 0 {
		fmt.Fprintln(w, "\nCODE\tDATA\tTABLES\tBYTES\tSHARE\t  PART, AND WHAT IT IS FOR")
	}
	for _, p := range e.Parts {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%s\t  %s: %s\n", p.Code, p.Data, p.Tables, p.Total(), percent(p.Total()), p.Part, p.For)
	}
	return w.Flush()
}
