package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"yolk/boot/output"
)

func newMan() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:     "man [flags]",
		Short:   "write manual pages of all commands",
		Long:    "Man writes a page of the manual for each command, made of the same text as its help.",
		Example: "  yolk man -o ~/.local/share/man/man1 && man yolk-run",
		Args:    atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := writePages(cmd.Root(), folder)
			if err != nil {
				return fail(err)
			}
			fmt.Fprintf(stdout, "%s  %d pages\n", folder, n)
			return nil
		},
	}
	cmd.Flags().StringVar(&folder, "o", ".", "write the pages into `FOLDER`, which exists")
	return cmd
}

// flagLine is how cobra begins a flag: perhaps a letter, then with two dashes its name, and
// what it is by default, which for most is a pair of brackets or quotes.
var flagLine = regexp.MustCompile(`(?m)^(\\fB-\w\\fP, )?\\fB--([\w-]+)\\fP\[?=.*$`)

// writePages writes the pages of cmd and the commands below it, and counts them.
func writePages(cmd *cobra.Command, folder string) (n int, err error) {
	var page bytes.Buffer
	cmd.DisableAutoGenTag = true
	head := &doc.GenManHeader{Section: "1", Source: "Yolk " + version(), Manual: "Yolk"}
	if err := doc.GenMan(cmd, head, &page); err != nil {
		return 0, err
	}
	text := flagLine.ReplaceAllString(page.String(), `$1\fB-$2\fP`)
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
	place, err := output.Place(filepath.Join(folder, name))
	if err == nil {
		err = output.Write(place, []byte(text))
	}
	if err != nil {
		return 0, err
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			below, err := writePages(c, folder)
			if err != nil {
				return 0, err
			}
			n += below
		}
	}
	return n + 1, nil
}
