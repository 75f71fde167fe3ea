package main

import (
	"bufio"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"
)

func newSymbolize() *cobra.Command {
	return &cobra.Command{
		Use:   "symbolize NAME.elf [FILE]",
		Short: "name the functions and lines of addresses in a report",
		Long: `Symbolize copies a report, of FILE or of its input, and writes behind each address of
code what is there: the function, file and line, by the NAME.elf that yolk build leaves
beside an image.`,
		Example: "  yolk symbolize httpd.elf crash.txt\n  virsh console httpd | yolk symbolize httpd.elf",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return &exitError{exitUsage, fmt.Errorf("give the program with symbols, and a report: yolk symbolize NAME.elf [FILE]")}
			}
			table, err := readTable(args[0])
			if err != nil {
				return fail(err)
			}
			in := io.Reader(os.Stdin)
			if len(args) == 2 {
				f, err := os.Open(args[1])
				if err != nil {
					return fail(err)
				}
				defer f.Close()
				in = f
			}
			return fail(symbolize(stdout, in, table))
		},
	}
}

var errNoSymbols = errors.New("is no Go program: give the NAME.elf beside the image")

// readTable reads the table of functions and lines that each Go program has.
func readTable(name string) (*gosym.Table, error) {
	f, err := elf.Open(name)
	if format := (*elf.FormatError)(nil); errors.As(err, &format) {
		return nil, fmt.Errorf("%s %w", name, errNoSymbols)
	} else if err != nil {
		return nil, err // it names the file
	}
	defer f.Close()
	lines, text := f.Section(".gopclntab"), f.Section(".text")
	if lines == nil || text == nil {
		return nil, fmt.Errorf("%s %w", name, errNoSymbols)
	}
	data, err := lines.Data()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
}

// address is how the kernel and the runtime print one.
var address = regexp.MustCompile(`\b0x[0-9a-fA-F]{5,16}\b`)

// symbolize copies r to w, line by line as they come.
func symbolize(w io.Writer, r io.Reader, table *gosym.Table) error {
	for in := bufio.NewReader(r); ; {
		line, err := in.ReadString('\n')
		out := address.ReplaceAllStringFunc(line, func(s string) string {
			pc, err := strconv.ParseUint(s[2:], 16, 64)
			if err != nil {
				return s
			}
			file, n, fn := table.PCToLine(pc)
			if fn == nil {
				return s
			}
			return fmt.Sprintf("%s (%s at %s:%d)", s, fn.Name, file, n)
		})
		if _, err := io.WriteString(w, out); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
