package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// newHelp replaces cobra's command, which takes any topic and says nothing is wrong.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "describe a command and its flags",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			at, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, c := range at.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			topic, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknown(root, args)
			}
			return topic.Help()
		},
	}
}

// unknown names the first word of args that is no command of its parent, and the
// commands that are spelled like it.
func unknown(root *cobra.Command, args []string) error {
	at, name := root, args[0]
	for _, a := range args {
		i := slices.IndexFunc(at.Commands(), func(c *cobra.Command) bool { return c.Name() == a })
		if name = a; i < 0 {
			break
		}
		at = at.Commands()[i]
	}
	text := fmt.Sprintf("%s has no command %s", at.CommandPath(), name)
	at.SuggestionsMinimumDistance = 2
	if near := at.SuggestionsFor(name); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &exitError{exitUsage, fmt.Errorf("%s (see %s)", text, helpOf(at))}
}

// helpOf is the command that describes cmd.
func helpOf(cmd *cobra.Command) string {
	root, rest, _ := strings.Cut(cmd.CommandPath(), " ")
	return strings.TrimSpace(root + " help " + rest)
}

// atMost refuses the first argument that a command has no use for.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return &exitError{exitUsage, fmt.Errorf("%s has no use for %q (see %s)", cmd.CommandPath(), args[n], helpOf(cmd))}
		}
		return nil
	}
}

// parent makes a command that only groups others: one that it does not have is wrong.
func parent(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknown(cmd.Root(), append(strings.Fields(cmd.CommandPath())[1:], args...))
	}
	return cmd
}
