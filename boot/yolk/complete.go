package main

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/flash"
	"yolk/kernel/cmdline"
)

// addCompletion adds cobra's command, which takes any word, as one of ours.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			parent(c).Short = "print a script with which a shell completes commands, flags and values"
		}
	}
}

// completing reports whether a shell asks how the command line args[1:] could go on.
// Its script, which `yolk completion` prints, is cobra's.
func completing(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// proposals is where cobra writes a line for each way to go on.
type proposals struct{ oneDash bool }

func proposalsFor(args []string) proposals {
	last := args[len(args)-1]
	return proposals{strings.HasPrefix(last, "-") && !strings.HasPrefix(last, "--")}
}

// Write gives flags as many dashes as the last word has, because a shell drops what does
// not begin like it, and takes the marks off the names in descriptions.
func (p proposals) Write(line []byte) (int, error) {
	text := strings.ReplaceAll(string(line), "`", "")
	if p.oneDash && strings.HasPrefix(text, "--") {
		text = text[1:]
	}
	_, err := io.WriteString(stdout, text)
	return len(line), err
}

// A completion lists a flag's values, each with a description behind a tab if it needs
// one. It sees the flags before it.
type completion func(cmd *cobra.Command) []string

// values are of the flags that have a fixed few. The others take files, or anything.
var values = map[string]completion{
	"plat": func(*cobra.Command) []string {
		return platforms(func(p build.Platform) []string { return []string{p.Name} })
	},
	"arch": func(cmd *cobra.Command) []string {
		return chosen(cmd, func(p build.Platform) []string { return []string{p.Arch} })
	},
	"machine": func(cmd *cobra.Command) []string {
		return chosen(cmd, func(p build.Platform) []string { return p.Machines })
	},
	"accel": fixed("kvm", "tcg"),
	"log":   fixed(cmdline.Find("log").Words...),
	"net":   fixed("none", "user", "tap:", "socket:listen=", "socket:connect=", "hub:"),
	"console": func(*cobra.Command) (names []string) {
		for _, c := range flash.Consoles {
			names = append(names, string(c))
		}
		return names
	},
	"format": func(*cobra.Command) []string { return slices.Sorted(maps.Keys(formats)) },
	"opt": func(*cobra.Command) (options []string) {
		for _, k := range cmdline.Keys {
			if k.Key == "grace" {
				continue // has a flag
			}
			if s := cmdline.Find(k.Key); s != nil && s.Words != nil {
				for _, word := range s.Words {
					options = append(options, k.Key+"="+word+"\t"+k.About)
				}
			} else {
				options = append(options, k.Key+"=\t"+k.About)
			}
		}
		return options
	},
}

// files are the flags whose values are names of files or folders.
var files = []string{"device", "files", "firmware", "kernel", "o", "side", "to", "volumes"}

func fixed(values ...string) completion { return func(*cobra.Command) []string { return values } }

// platforms collects what each platform has, once.
func platforms(of func(build.Platform) []string) (all []string) {
	for _, p := range build.Platforms {
		all = append(all, of(p)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// chosen does so of those that -plat and -arch leave.
func chosen(cmd *cobra.Command, of func(build.Platform) []string) []string {
	is := func(flag, name string) bool {
		f := cmd.Flag(flag)
		return f == nil || !f.Changed || f.Value.String() == name
	}
	return platforms(func(p build.Platform) []string {
		if !is("plat", p.Name) || !is("arch", p.Arch) {
			return nil
		}
		return of(p)
	})
}

// packagesOrImages tells a shell that a command takes folders, and images by their ending.
func packagesOrImages(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{strings.TrimPrefix(imageSuffix, ".")}, cobra.ShellCompDirectiveFilterFileExt
}

// completeValues tells cobra about them, and that packages are folders.
func completeValues(root *cobra.Command) {
	for _, cmd := range commands(root) {
		if cmd.HasAvailableFlags() && cmd.HasParent() && cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return nil, cobra.ShellCompDirectiveFilterDirs
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(files, f.Name) {
				cmd.RegisterFlagCompletionFunc(f.Name, valuesOf(f.Name))
			}
		})
	}
}

func valuesOf(flag string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) (all []string, directive cobra.ShellCompDirective) {
		directive = cobra.ShellCompDirectiveNoFileComp
		if list := values[flag]; list != nil {
			all = list(cmd)
		}
		if slices.ContainsFunc(all, func(v string) bool { return strings.ContainsAny(v, ":=") }) {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return all, directive
	}
}
