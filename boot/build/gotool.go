package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"yolk/boot/overlay"
)

// A goTool runs one installed go command in one folder.
type goTool struct {
	bin string   // the go command
	dir string   // where it runs
	env []string // added to the process's environment

	progress *Progress // hears of downloads
}

// target is the environment every compilation for an image has. GOFLAGS is
// fixed because a user's -mod or -modfile cannot work in a workspace, and a
// version-control stamp would need the folder to be a clean checkout.
func target(goarch string) []string {
	return []string{"GOOS=linux", "GOARCH=" + goarch, "CGO_ENABLED=0", "GO111MODULE=on", "GOFLAGS=-buildvcs=false"}
}

// findGo returns the go command in PATH, to be run in dir.
func findGo(dir, goarch string) (*goTool, error) {
	bin, err := exec.LookPath("go")
	if err != nil {
		return nil, ErrNoGo
	}
	return &goTool{bin: bin, dir: dir, env: target(goarch)}, nil
}

// with returns a copy of g with more environment.
func (g goTool) with(env ...string) *goTool {
	g.env = append(append([]string(nil), g.env...), env...)
	return &g
}

// in returns a copy of g that runs in dir.
func (g goTool) in(dir string) *goTool {
	g.dir = dir
	return &g
}

// command prepares `go args...`.
func (g *goTool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, g.bin, args...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), g.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd
}

// output runs `go args...` and returns what it prints; what it complains about
// becomes the error.
func (g *goTool) output(ctx context.Context, args ...string) ([]byte, error) {
	var out bytes.Buffer
	complaint := &watcher{progress: g.progress}
	cmd := g.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, complaint
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text := complaint.text()
		if err := newerGo(text); err != nil {
			return out.Bytes(), err
		}
		if text == "" {
			text = err.Error()
		}
		return out.Bytes(), fmt.Errorf("%w: go %s: %s", ErrGoFailed, strings.Join(args, " "), text)
	}
	return out.Bytes(), nil
}

// decode runs `go args...` and decodes the JSON values it prints, one call of
// each a value.
func decode[T any](ctx context.Context, g *goTool, each func(*T), args ...string) error {
	out, err := g.output(ctx, args...)
	if err != nil {
		return err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		v := new(T)
		if err := d.Decode(v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("output of go %s: %w", args[0], err)
		}
		each(v)
	}
}

// goEnv is what `go env -json` says about a folder.
type goEnv struct {
	GOROOT, GOVERSION, GOMODCACHE, GOMOD, GOWORK, GOAMD64 string
}

func (g *goTool) environment(ctx context.Context) (e goEnv, err error) {
	err = decode(ctx, g, func(v *goEnv) { e = *v }, "env", "-json")
	return e, err
}

// settle fixes g to the release that its folder's modules select, and returns
// where that is. A release that the go command downloaded lies in the module
// cache, where overlays are refused; a symbolic link outside serves instead.
func (g *goTool) settle(ctx context.Context, cache string) (*goTool, toolchain, error) {
	e, err := g.environment(ctx)
	if err != nil {
		return nil, toolchain{}, err
	}
	root := e.GOROOT
	if within(root, e.GOMODCACHE) {
		if root, err = linkRoot(cache, e); err != nil {
			return nil, toolchain{}, err
		}
	}
	fixed := g.with("GOTOOLCHAIN=local", "GOROOT="+root)
	fixed.bin = filepath.Join(root, "bin", "go")
	return fixed, toolchain{overlay.Toolchain{Root: root, Version: e.GOVERSION}, e.GOROOT, e.GOMODCACHE}, nil
}

// A toolchain is a Go installation and the module cache it uses.
type toolchain struct {
	overlay.Toolchain
	goroot   string // where it is: Root, unless that is a link
	modCache string
}

// real returns the folder that dir, which may lie below a link to GOROOT, is.
func (tc toolchain) real(dir string) string {
	if !within(dir, tc.Root) {
		return dir
	}
	return tc.goroot + strings.TrimPrefix(dir, tc.Root)
}

// linkRoot makes a symbolic link to a GOROOT in the module cache.
func linkRoot(cache string, e goEnv) (string, error) {
	return symlink(filepath.Join(cache, "goroot", e.GOVERSION), e.GOROOT)
}

// symlink makes link a symbolic link to target, whatever it was, and returns it.
func symlink(link, target string) (string, error) {
	if dst, err := os.Readlink(link); err == nil && dst == target {
		return link, nil
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return "", err
	}
	os.Remove(link)
	return link, os.Symlink(target, link)
}

// within reports whether path is dir or lies below it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return dir != "" && err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
