package overlay

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An edit replaces text in one file of a Go release or of a module. The old text
// must occur exactly count times: otherwise the file is not one that we know.
type edit struct {
	file     string // below GOROOT/src, or the module's root
	old, new string
	count    int
}

// An addition is a file that is not there yet.
type addition struct{ file, text string }

// A Saving is edits that make an image smaller, or quicker to start or to answer, and
// change nothing else. Where one of its texts is not found all of it is left out.
type Saving struct {
	What    string // what the image carries without it
	Package string // programs that import it need what is left out; "" if none does
	added   []addition
	edits   []edit
}

// sources are the files of a release or of a module, as they shall be compiled.
type sources struct {
	root  string            // the folder that names are below
	files map[string]string // contents, by name, of what has changed
}

// read returns a file's contents as they are now.
func (s *sources) read(name string) (string, error) {
	if text, ok := s.files[name]; ok {
		return text, nil
	}
	b, err := os.ReadFile(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", &mismatch{file: name}
	}
	return string(b), err
}

func (s *sources) path(name string) string {
	return filepath.Join(s.root, filepath.FromSlash(name))
}

// apply makes all of the edits, each in the result of the one before, or none: then
// the error is a mismatch that names the first that does not fit.
func (s *sources) apply(edits []edit) error {
	next := sources{s.root, maps.Clone(s.files)}
	for _, e := range edits {
		text, err := next.read(e.file)
		if err != nil {
			return err
		}
		if err := expect(e.file, text, e.old, e.count); err != nil {
			return err
		}
		next.files[e.file] = strings.ReplaceAll(text, e.old, e.new)
	}
	s.files = next.files
	return nil
}

// save makes those of the savings that fit, and returns a line for each other, which
// begins with the name of what s are the sources of.
func (s *sources) save(name string, savings []*Saving) (leftOut []string, err error) {
	for _, saving := range savings {
		next := sources{s.root, maps.Clone(s.files)}
		err := errors.Join(next.add(saving.added), next.apply(saving.edits))
		if m := (*mismatch)(nil); errors.As(err, &m) {
			leftOut = append(leftOut, fmt.Sprintf("%s: %v, so the image carries %s", name, m, saving.What))
		} else if err != nil {
			return nil, err
		} else {
			s.files = next.files
		}
	}
	return leftOut, nil
}

// add adds files, none of which may be there.
func (s *sources) add(files []addition) error {
	for _, a := range files {
		if _, err := os.Stat(s.path(a.file)); err == nil {
			return &mismatch{file: a.file, found: 1}
		}
		s.files[a.file] = a.text
	}
	return nil
}

// A mismatch says in what a file is not the one that it was taken for.
type mismatch struct {
	file        string
	text        string // what is looked for; "" for the file itself
	found, want int    // how often
}

func (m *mismatch) Error() string {
	switch {
	case m.text == "" && m.found > 0:
		return m.file + " already exists"
	case m.text == "":
		return m.file + " is missing"
	case m.found > 0:
		return fmt.Sprintf("%s contains %q %d times, not %d", m.file, m.text, m.found, m.want)
	}
	return fmt.Sprintf("%s no longer contains %q", m.file, m.text)
}

// expect looks for what a file must contain, and how often.
func expect(file, text, want string, count int) error {
	if n := strings.Count(text, want); n != count {
		return &mismatch{file, strings.TrimSpace(want), n, count}
	}
	return nil
}

// names returns the files that edits change, each once.
func names(edits []edit) []string {
	var list []string
	for _, e := range edits {
		list = append(list, e.file)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
