package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// linuxName is the config-like name of Linux in files and columns.
const linuxName = "linux"

// A suite is a set of packages with a table of its own.
type suite struct {
	results string // the folder that keeps them
	table   string
	title   string
	columns []string // configs
	list    func(ctx context.Context, names []string) (*library, error)
}

var (
	standard = suite{"results", "RESULTS.md", "The Go standard library's tests on Yolk", strings.Split(allNames(), ","), listStd}
	others   = suite{"modules", "MODULES.md", "Other people's modules' tests on Yolk", []string{"amd64-1", "amd64-4", "arm64-1"}, listModules}
)

// A store keeps the results. The repository has them, a file for each config
// with a line for each package, so that a table can be filled over several
// sessions and commits. What each test said on Linux, which comparisons need,
// is kept in the output folder. Safe for use by several goroutines.
type store struct {
	suite
	dir   string // of the results
	cache string // the file with Linux's outcomes
	mu    sync.Mutex
	rows  map[string]map[string]result // config, package
	linux map[string]outcome           // package
}

// source is the folder of this program's source.
func source() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// openStore reads what there is; out is the output folder.
func openStore(of suite, out string) (*store, error) {
	s := &store{suite: of, dir: filepath.Join(source(), of.results), cache: filepath.Join(out, "linux-"+of.results+"-"+runtime.Version()+".json"),
		rows: map[string]map[string]result{}, linux: map[string]outcome{}}
	for _, name := range append([]string{linuxName}, of.columns...) {
		s.rows[name] = map[string]result{}
		b, err := fileText(s.file(name))
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(b) {
			var r result
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				return nil, err
			}
			s.rows[name][r.Package] = r
		}
	}
	b, err := fileText(s.cache)
	if err == nil && b != "" {
		err = json.Unmarshal([]byte(b), &s.linux)
	}
	return s, err
}

// fileText returns a file's text, none for a file that does not exist.
func fileText(name string) (string, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return string(b), err
}

func (s *store) file(name string) string { return filepath.Join(s.dir, name+".json") }

// get returns a stored result; one without a status when there is none.
func (s *store) get(config, pkg string) result {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows[config][pkg]
}

// put stores a result at once, so that an interrupted run loses nothing.
func (s *store) put(config string, r result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[config][r.Package] = r
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.rows[config])) {
		b, err := json.Marshal(s.rows[config][name])
		if err != nil {
			return err
		}
		lines.Write(append(b, '\n'))
	}
	return replace(s.file(config), []byte(lines.String()))
}

// onLinux returns what p's tests did on Linux, from run when that is not known
// or again is set.
func (s *store) onLinux(p *pkg, again bool, run func() (outcome, error)) (outcome, error) {
	s.mu.Lock()
	o, ok := s.linux[p.row()]
	s.mu.Unlock()
	if ok && !again {
		return o, nil
	}
	o, err := run()
	if err != nil {
		return o, err
	}
	s.mu.Lock()
	s.linux[p.row()] = o
	b, err := json.Marshal(s.linux)
	if err == nil {
		err = replace(s.cache, b)
	}
	s.mu.Unlock()
	r := compare(p.row(), o, o, func(string) bool { return true })
	r.Commit, r.Date = runtime.Version(), today()
	return o, errors.Join(err, s.put(linuxName, r))
}

// today is the date of a result.
func today() string { return time.Now().UTC().Format(time.DateOnly) }

// replace writes a file such that there is always a whole one.
func replace(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", b, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
