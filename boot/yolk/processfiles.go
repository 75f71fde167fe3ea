package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"yolk/boot/image"
	"yolk/boot/mountns"
	"yolk/boot/qemu"
)

// places are the files that a machine would have packed, of which a process has copies,
// and the folders that it would be shown.
func (m *machineFlags) places(files []image.Files) (places []mountns.Place, err error) {
	for _, f := range files {
		own, err := copies(f)
		if err != nil {
			return nil, fmt.Errorf("-files %s: %w", f.Src, err)
		}
		places = append(places, own...)
	}
	for _, s := range m.volumes {
		v, err := qemu.ParseVolume(s)
		if err != nil {
			return nil, err
		}
		if v.Guest == "/" {
			return nil, fmt.Errorf("-volumes %s: the root of a process is this computer's", s)
		}
		places = append(places, mountns.Place{Source: v.Host, Path: v.Guest, ReadOnly: v.ReadOnly})
	}
	return places, nil
}

// copies are the places of the files at or below f.
func copies(f image.Files) (places []mountns.Place, err error) {
	root, err := filepath.EvalSymlinks(f.Src)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if t := d.Type(); t != 0 && t != fs.ModeSymlink {
			return fmt.Errorf("%s is neither file, folder nor symbolic link", name)
		}
		rel, err := filepath.Rel(root, name)
		places = append(places, mountns.Place{Source: name, Path: path.Join(f.Dst, filepath.ToSlash(rel)), Copy: true})
		return err
	})
	return places, err
}

// within runs a program that sees places, and ends as it does.
func within(ctx context.Context, places []mountns.Place, args, env []string) error {
	self, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	text, err := json.Marshal(places)
	if err != nil {
		return fail(err)
	}
	cmd := exec.Command(self, append([]string{"enter", string(text), "--"}, args...)...)
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endSignals...)
	defer signal.Stop(signals)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := mountns.Start(cmd); err != nil {
		return &exitError{exitMachine, err}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != os.Interrupt { // which a terminal sends to both
				cmd.Process.Signal(s)
			}
		case <-ended:
			if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
				return &exitError{status: 128 + int(s.Signal())}
			}
			if status := cmd.ProcessState.ExitCode(); status != 0 {
				return &exitError{status: status}
			}
			return nil
		}
	}
}

// newEnter is the command of the process that within starts.
func newEnter() *cobra.Command {
	return &cobra.Command{
		Use:    "enter PLACES -- PROGRAM ARGUMENTS...",
		Short:  "become a program that sees files at other places, as run -plat linuxu has it do",
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			var places []mountns.Place
			if len(args) < 2 {
				return &exitError{exitUsage, errors.New("yolk run -plat linuxu starts it")}
			}
			err := json.Unmarshal([]byte(args[0]), &places)
			if err == nil {
				err = mountns.Enter(places)
			}
			if err == nil {
				err = syscall.Exec(args[1], args[1:], os.Environ())
			}
			return &exitError{exitMachine, err}
		},
	}
}
