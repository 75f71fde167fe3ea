package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The archive of Debian, and the key that its lists are signed with.
const (
	archive = "http://deb.debian.org/debian"
	keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
)

// fetch unpacks the QEMU of suite, with what it depends on, below root. Nothing is
// installed: apt-get works on lists of its own, and needs no privilege.
func fetch(ctx context.Context, root string) error {
	fresh := root + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	apt := filepath.Join(fresh, "apt")
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(apt, d), 0o755); err != nil {
			return err
		}
	}
	sources := filepath.Join(apt, "sources.list")
	line := fmt.Sprintf("deb [signed-by=%s] %s %s main\n", keyring, archive, suite)
	if err := os.WriteFile(sources, []byte(line), 0o644); err != nil {
		return err
	}
	options := []string{"-qq",
		"-o", "Dir::Etc::sourcelist=" + sources, "-o", "Dir::Etc::sourceparts=/dev/null", "-o", "Dir::State::status=/dev/null",
		"-o", "Dir::State::Lists=" + filepath.Join(apt, "lists"), "-o", "Dir::Cache=" + filepath.Join(apt, "cache"),
		"-o", "APT::Architecture=amd64", "-o", "APT::Architectures=amd64", "-o", "Debug::NoLocking=true"}
	for _, words := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "--download-only", "qemu-system-x86"}} {
		if err := tool(ctx, "apt-get", append(options, words...)...); err != nil {
			return err
		}
	}
	debs, err := filepath.Glob(filepath.Join(apt, "cache/archives/*.deb"))
	for i := 0; i < len(debs) && err == nil; i++ {
		err = tool(ctx, "dpkg-deb", "-x", debs[i], fresh)
	}
	if err != nil {
		return err
	}
	if err := os.RemoveAll(apt); err != nil {
		return err
	}
	return os.Rename(fresh, root)
}

// tool runs a command; what it printed is in the error.
func tool(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
