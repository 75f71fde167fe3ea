package overlay

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"go/version"
	"maps"
	"os"
	"slices"
	"strings"
)

// A Toolchain is a Go installation.
type Toolchain struct {
	Root    string // GOROOT
	Version string // GOVERSION, such as "go1.26.8"
}

func (t Toolchain) sources() *sources {
	return &sources{root: t.Root + "/src", files: map[string]string{}}
}

// releases are the hashes of the contract's files, by release and file.
var releases = parseReleases(releasesText)

// Each release in releases.txt lists what differs from the one before it.
//
//go:embed releases.txt
var releasesText string

func parseReleases(text string) map[string]map[string]string {
	all := map[string]map[string]string{}
	current := map[string]string{}
	for line := range strings.Lines(text) {
		switch f := strings.Fields(line); {
		case strings.HasPrefix(line, "#"):
		case len(f) == 1:
			current = maps.Clone(current)
			all[f[0]] = current
		case len(f) == 2:
			current[f[1]] = f[0]
		}
	}
	return all
}

// Releases returns the releases that Yolk is tested with, the oldest first.
func Releases() []string {
	return slices.SortedFunc(maps.Keys(releases), version.Compare)
}

// Newest is the newest of them.
func Newest() string {
	all := Releases()
	return all[len(all)-1]
}

// Supported names the releases, for people: "go1.26.5 to go1.26.8, go1.27.0".
func Supported() string {
	var b strings.Builder
	all := Releases()
	for i, v := range all {
		line := version.Lang(v)
		first := i == 0 || version.Lang(all[i-1]) != line
		last := i == len(all)-1 || version.Lang(all[i+1]) != line
		switch {
		case first && i > 0:
			b.WriteString(", " + v)
		case first:
			b.WriteString(v)
		case last:
			b.WriteString(" to " + v)
		}
	}
	return b.String()
}

// Tested returns an [UntestedError] unless Yolk was tested with that release and the
// files of it that Yolk relies on are as they were then.
func (t Toolchain) Tested() error {
	like := t.like()
	var differ []string
	for _, c := range contract {
		if t.hash(c.file) != releases[like][c.file] {
			differ = append(differ, c.file)
		}
	}
	if like == t.Version && differ == nil {
		return nil
	}
	return &UntestedError{t.Version, like, differ}
}

// like returns the release, or if it is not a tested one, the last before it.
func (t Toolchain) like() string {
	if releases[t.Version] != nil {
		return t.Version
	}
	like := Newest()
	for _, v := range Releases() {
		if version.Compare(v, t.Version) < 0 {
			like = v
		}
	}
	return like
}

// hash returns the hash of a file of the release, "" if it cannot be read.
func (t Toolchain) hash(file string) string {
	b, err := os.ReadFile(t.sources().path(file))
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// An UntestedError names a Go release that Yolk was not tested with.
type UntestedError struct {
	Version string   // the release, such as "go1.27.9"
	Like    string   // the release that it is compared with; itself, if that is a tested one
	Differ  []string // the files below GOROOT/src that Yolk relies on and that differ
}

// Error says in one line what to do.
func (e *UntestedError) Error() string {
	if e.Like == e.Version {
		return fmt.Sprintf("this %s is not as it was released: it differs in %s; -untested-go tries it", e.Version, e.differ())
	}
	return fmt.Sprintf("unsupported Go release %s: tested are %s. GOTOOLCHAIN=%s chooses one of them; -untested-go tries this one, which differs from %s in %s",
		e.Version, Supported(), Newest(), e.Like, e.differ())
}

// differ names the first of the files that differ.
func (e *UntestedError) differ() string {
	const shown = 3
	switch n := len(e.Differ); {
	case n == 0:
		return "none of the files that Yolk relies on"
	case n > shown:
		return fmt.Sprintf("%s and %d more of the files that Yolk relies on", strings.Join(e.Differ[:shown], ", "), n-shown)
	}
	return strings.Join(e.Differ, ", ") + ", on which Yolk relies"
}

// An UnsupportedError says that a Go release lacks what Yolk needs.
type UnsupportedError struct {
	Version string // the release, such as "go1.28.0"
	Err     error  // names the file and what is wrong there
}

func (t Toolchain) unsupported(err error) error { return &UnsupportedError{t.Version, err} }

// Error names the release, the file and the missing text, in one line.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("unsupported Go release %s: %v; tested are %s", e.Version, e.Err, Supported())
}

func (e *UnsupportedError) Unwrap() error { return e.Err }
