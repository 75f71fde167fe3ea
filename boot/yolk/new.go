package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/scaffold"
)

func newNew() *cobra.Command {
	cmd := parent(&cobra.Command{
		Use:   "new",
		Short: "begin a program, a server, a network function or a driver",
		Long: `New makes a folder with a module of its own: sources, tests, a yolk.yaml and a
README that says how to go on. go build, go vet, go test and editors work in it.`,
	})
	for i := range scaffold.Kinds {
		cmd.AddCommand(newKind(&scaffold.Kinds[i]))
	}
	return cmd
}

func newKind(k *scaffold.Kind) *cobra.Command {
	var module string
	cmd := &cobra.Command{
		Use:     k.Name + " [flags] FOLDER",
		Short:   k.About,
		Long:    "New " + k.Name + " makes FOLDER with " + k.About + ".",
		Example: fmt.Sprintf("  yolk new %s hello\n  yolk new %[1]s -module example.com/me/hello hello", k.Name),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &exitError{exitUsage, fmt.Errorf("give one folder: yolk new %s FOLDER", k.Name)}
			}
			root, err := build.Root()
			if err != nil {
				return fail(err)
			}
			dir := filepath.Clean(args[0])
			if err := k.New(dir, module, root); err != nil {
				return fail(err)
			}
			next := "yolk run " + here(dir)
			if k.Name == "driver" {
				next = "go test in it"
			}
			fmt.Fprintf(stdout, "%s  go on with: %s\n", dir, next)
			return nil
		},
	}
	cmd.Flags().StringVar(&module, "module", "", "the module's `PATH`, such as example.com/me/hello (the folder's name)")
	return cmd
}

// here writes a folder so that it cannot be taken for an import path.
func here(dir string) string {
	if filepath.IsAbs(dir) || strings.HasPrefix(dir, "..") {
		return dir
	}
	return "./" + dir
}
