// Package overlay prepares the standard library of the user's own Go release
// for Yolk, as a `go build -overlay` description. Nothing in GOROOT changes.
//
// What it does, and all it does:
//   - package syscall asks a table, by call number, whether a call is served
//     by a function of the kernel (yolk/kernel/posix/file) instead of a trap;
//   - package runtime's network poller learns descriptors of that kind;
//   - package runtime/goos and a few runtime functions let TamaGo's hardware
//     packages build on the stock toolchain;
//   - what cannot happen in an image is left out of it: the runtime's reader of
//     cgroups, GODEBUG settings by call stack.
//
// [Module.Change] does the last for modules that the kernel depends on, and mends
// them.
//
// Each edit names the text it replaces and how often that occurs. A release in
// which it does not is refused by name (see [UnsupportedError]) rather than
// built into an image that misbehaves.
package overlay

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"yolk/boot/output"
)

// A Toolchain is a Go installation.
type Toolchain struct {
	Root    string // GOROOT
	Version string // GOVERSION, such as "go1.26.8"
}

// An UnsupportedError says that a Go release's standard library is not the one
// the edits were written for.
type UnsupportedError struct {
	Version string // the release, such as "go1.27.0"
	File    string // the file below GOROOT/src
	Text    string // the text that the edit looks for
	Found   int    // how often it occurs
	Want    int    // how often it should
}

// Error names the release, the file and the missing text, in one line.
func (e *UnsupportedError) Error() string {
	what := fmt.Sprintf("no longer contains %q", e.Text)
	if e.Found > 0 {
		what = fmt.Sprintf("contains %q %d times, not %d", e.Text, e.Found, e.Want)
	}
	if e.Text == "" {
		what = "is missing"
		if e.Found > 0 {
			what = "already exists"
		}
	}
	return fmt.Sprintf("unsupported Go release %s: %s %s; supported: %s", e.Version, e.File, what, Supported)
}

// Replace maps a path to the file whose contents the go command shall see
// there: the Replace object of an overlay description.
type Replace map[string]string

// Write writes r below cache, as an overlay description for `go build -overlay`,
// and returns the file, which is named by its contents.
func (r Replace) Write(cache string) (string, error) {
	b, err := json.MarshalIndent(map[string]Replace{"Replace": r}, "", "\t")
	if err != nil {
		return "", err
	}
	return Keep(cache, "overlay.json", append(b, '\n'))
}

// Keep writes a file below cache, in a folder that is named by the contents, and
// returns its path.
func Keep(cache, name string, data []byte) (string, error) {
	dir := filepath.Join(cache, folder, hash(map[string]string{name: string(data)}))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, output.Write(path, data)
}

// folder is where all of this package goes in the cache.
const folder = "overlay"

// Generate writes the changed files for t and the architecture goarch below
// cache and returns the replacements that name them. The folder's name is the
// release plus a hash of the changed files, so a call whose work was done
// before writes nothing, and concurrent calls do not disturb each other. The
// library is made without the parts.
func Generate(t Toolchain, goarch, cache string, without ...*Part) (Replace, error) {
	files, err := apply(t, goarch, without)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, folder, t.Version+"-"+goarch+"-"+hash(files))
	r := Replace{}
	for name := range files {
		r[filepath.Join(t.Root, "src", filepath.FromSlash(name))] = filepath.Join(dir, flat(name))
	}
	if _, err := os.Stat(dir); err == nil {
		return r, nil
	}
	return r, install(dir, files)
}

// apply returns the contents of every changed or added file, by its name below
// GOROOT/src.
func apply(t Toolchain, goarch string, without []*Part) (map[string]string, error) {
	files := map[string]string{}
	all := edits
	for _, p := range without {
		all = append(slices.Clip(all), p.edits...)
	}
	for _, e := range all {
		if _, ok := files[e.file]; !ok {
			text, err := t.read(e.file)
			if err != nil {
				return nil, err
			}
			files[e.file] = text
		}
		if err := t.expect(e.file, files[e.file], e.old, e.count); err != nil {
			return nil, err
		}
		files[e.file] = strings.ReplaceAll(files[e.file], e.old, e.new)
	}
	for _, r := range replacements {
		text, err := t.read(r.file)
		if err != nil {
			return nil, err
		}
		for _, want := range r.expect {
			if err := t.expect(r.file, text, want, 1); err != nil {
				return nil, err
			}
		}
		files[r.file] = r.text
	}
	calls, err := callTable(goarch)
	if err != nil {
		return nil, err
	}
	for _, a := range slices.Concat(additions, []addition{calls}) {
		if _, err := os.Stat(t.path(a.file)); err == nil {
			return nil, &UnsupportedError{Version: t.Version, File: a.file, Found: 1}
		}
		files[a.file] = a.text
	}
	return files, nil
}

func (t Toolchain) path(name string) string {
	return filepath.Join(t.Root, "src", filepath.FromSlash(name))
}

func (t Toolchain) read(name string) (string, error) {
	b, err := os.ReadFile(t.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", &UnsupportedError{Version: t.Version, File: name}
	}
	return string(b), err
}

func (t Toolchain) expect(file, text, old string, count int) error {
	if n := strings.Count(text, old); n != count {
		return &UnsupportedError{t.Version, file, strings.TrimSpace(old), n, count}
	}
	return nil
}

// callTable renders the architecture's call table as a file of package syscall.
func callTable(goarch string) (addition, error) {
	calls, err := table(goarch)
	if err != nil {
		return addition{}, err
	}
	var b strings.Builder
	b.WriteString("package syscall\n\n")
	b.WriteString("// yolkTable says which calls do not trap (bit 7), and which of their\n")
	b.WriteString("// arguments are addresses (bits 0..5). Generated by boot/overlay.\n")
	fmt.Fprintf(&b, "var yolkTable = [%d]uint8{\n", TableSize)
	for nr, v := range calls {
		if v != 0 {
			fmt.Fprintf(&b, "\t%d: %#x,\n", nr, v)
		}
	}
	b.WriteString("}\n")
	return addition{"syscall/yolk_table_linux_" + goarch + ".go", b.String()}, nil
}

// hash identifies a set of files by names and contents.
func hash(files map[string]string) string {
	h := sha256.New()
	for _, name := range sortedNames(files) {
		fmt.Fprintf(h, "%s\x00%d\x00%s", name, len(files[name]), files[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

func sortedNames(files map[string]string) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// flat is the name of a changed file in the overlay's folder.
func flat(name string) string { return strings.ReplaceAll(name, "/", "_") }

// install writes files into dir, which appears whole or not at all.
func install(dir string, files map[string]string) error {
	return output.Folder(dir, func(dir string) error {
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, flat(name)), []byte(text), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
}
