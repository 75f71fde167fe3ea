package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags are written with one dash, as the go command writes them, and two are
// accepted. pflag knows only names after two dashes and letters after one, so
// every flag is declared by name, one-letter names included, and normalise
// adds the second dash.

// normalise rewrites the flags of args, up to "--", for pflag.
func normalise(root *cobra.Command, args []string) []string {
	if completing(args) {
		return append(args[:1:1], normalise(root, args[1:])...)
	}
	cmd, _, err := root.Find(args)
	if err != nil {
		cmd = root
	}
	var out []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			return append(out, args[i:]...)
		}
		if len(a) < 2 || a[0] != '-' || a == "-h" {
			out = append(out, a)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
		f := cmd.Flags().Lookup(name)
		if f == nil {
			f = byLetter(cmd.Flags(), name)
		}
		if f != nil {
			name = f.Name
		}
		switch {
		case hasValue:
			name += "=" + value
		case f != nil && f.NoOptDefVal != "" && i+1 < len(args):
			name += "=" + f.NoOptDefVal // cobra completes nothing behind a name of one letter
		}
		out = append(out, "--"+name)
		if f != nil && f.NoOptDefVal == "" && !hasValue && i+1 < len(args) {
			i++
			out = append(out, args[i]) // its value, dash or not
		}
	}
	return out
}

// byLetter returns the flag that has a letter besides its name, or nil.
func byLetter(flags *pflag.FlagSet, letter string) (found *pflag.Flag) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Shorthand == letter && letter != "" {
			found = f
		}
	})
	return found
}

// flagError names the wrong flag as it was written, and the closest there is, or what is
// wrong with its value.
func flagError(cmd *cobra.Command, err error) error {
	text := strings.ReplaceAll(err.Error(), "--", "-")
	if wrong := (*pflag.InvalidValueError)(nil); errors.As(err, &wrong) {
		text = fmt.Sprintf("-%s: %v", wrong.GetFlag().Name, takes(wrong.GetFlag(), wrong.GetValue()))
	}
	if name, ok := strings.CutPrefix(text, "unknown flag: -"); ok {
		text = fmt.Sprintf("unknown flag -%s for %s", name, cmd.CommandPath())
		if near := closest(name, cmd.Flags()); near != "" {
			text += fmt.Sprintf("; did you mean -%s?", near)
		}
	}
	return &exitError{exitUsage, fmt.Errorf("%s (see %s)", text, helpOf(cmd))}
}

// closest returns the flag whose name differs least from name, if any is near.
func closest(name string, flags *pflag.FlagSet) string {
	best, limit := "", len(name)/2+1
	flags.VisitAll(func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if len(name) > 1 && strings.HasPrefix(f.Name, name) {
			d = 1
		}
		if len(f.Name) > 1 && d < limit {
			best, limit = f.Name, d
		}
	})
	return best
}

// distance counts the insertions, deletions and substitutions between a and b
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{if ne .CommandPath .UseLine}}{{.UseLine}}
  {{end}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}

{{helpOf .}} COMMAND describes its flags.
{{end}}{{if .HasExample}}
Examples:
{{.Example}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags | flagUsages}}{{end}}`

// styleHelp makes the help show flags as they are written here.
func styleHelp(root *cobra.Command) {
	cobra.AddTemplateFunc("flagUsages", flagUsages)
	cobra.AddTemplateFunc("helpOf", helpOf)
	cobra.AddTemplateFunc("about", about)
	root.SetHelpTemplate("{{about .}}\n\n{{.UsageString}}")
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(flagError)
	for _, c := range commands(root) {
		c.InitDefaultHelpFlag()
		c.Flags().Lookup("help").Hidden = true
		c.DisableFlagsInUseLine = true
	}
}

// commands lists a command and all below it.
func commands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		all = append(all, commands(c)...)
	}
	return all
}

// about is what a command does: its description, or the line that lists have of it as a
// sentence.
func about(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return strings.ToUpper(cmd.Short[:1]) + cmd.Short[1:] + "."
}

// column is what is between a flag and what it does.
var column = regexp.MustCompile(` {3,}`)

// flagUsages lists flags with one dash.
func flagUsages(flags *pflag.FlagSet) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for line := range strings.Lines(flags.FlagUsages()) {
		line = strings.Replace(strings.TrimLeft(line, " "), "--", "-", 1)
		if at := column.FindStringIndex(line); at != nil {
			line = line[:at[0]] + "\t" + line[at[1]:]
		}
		io.WriteString(w, "  "+line)
	}
	w.Flush()
	return b.String()
}
