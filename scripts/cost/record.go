package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A record is what was measured, as it is kept beside this program.
type record struct {
	Date, Go, Emulator string
	Libraries          []cost
	Programs           []size
}

// A cost is what a library adds.
type cost struct {
	What         string
	Bytes        int64
	Instructions int64 // 0: not counted
}

// A size is a row of the table.
type size struct {
	Name         string
	Bytes        int64
	Memory       int64 // MiB
	Instructions int64
}

// file is where the record is, below the module's root.
const file = "scripts/cost/cost.json"

func load(root string) (r record, err error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}

func (r *record) save(root string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, file), append(text, '\n'), 0o644)
}

// mark ends a line that is this program's; begin and end stand around the table.
const (
	mark  = "<!-- make cost -->"
	begin = "<!-- make cost: sizes -->\n"
	end   = "<!-- end of sizes -->\n"
)

// lines are what the READMEs say, by their names.
func (r *record) lines() map[string]string {
	parts := map[string][]string{}
	for i, l := range libraries {
		part := fmt.Sprintf("%s: %s bytes", l.what, grouped(r.Libraries[i].Bytes))
		if l.timed {
			part += ", " + rounded(r.Libraries[i].Instructions) + " instructions"
		}
		parts[l.readme] = append(parts[l.readme], part)
	}
	lines := map[string]string{}
	for readme, list := range parts {
		lines[readme] = "**What it costs** in an image, and at its start, " + strings.Join(list, "; ") + ". " + mark
	}
	return lines
}

// sizes is the table.
func (r *record) sizes() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| x86-64, microvm | image, bytes | smallest memory | instructions until it is up |\n|---|---|---|---|\n")
	for _, s := range r.Programs {
		fmt.Fprintf(&b, "| %s | %s | %d MB | %s |\n", s.Name, grouped(s.Bytes), s.Memory, rounded(s.Instructions))
	}
	return b.String()
}

// grouped writes a number with spaces between thousands.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// rounded is grouped to thousands: two measurements differ by a few.
func rounded(n int64) string { return grouped((n + 500) / 1000 * 1000) }

// publish writes the lines and the table where they are marked.
func (r *record) publish(root string) error {
	for name, line := range r.lines() {
		err := rewrite(filepath.Join(root, name), func(text []byte) ([]byte, error) { return replaceLine(text, line) })
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return rewrite(filepath.Join(root, "README.md"), func(text []byte) ([]byte, error) { return replaceTable(text, r.sizes()) })
}

func rewrite(name string, change func([]byte) ([]byte, error)) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	changed, err := change(text)
	if err != nil || bytes.Equal(changed, text) {
		return err
	}
	return os.WriteFile(name, changed, 0o644)
}

// replaceLine puts line where the marked one is.
func replaceLine(text []byte, line string) ([]byte, error) {
	all := strings.Split(string(text), "\n")
	i := slices.IndexFunc(all, func(l string) bool { return strings.HasSuffix(l, mark) })
	if i < 0 {
		return nil, fmt.Errorf("no line ends in %s", mark)
	}
	all[i] = line
	return []byte(strings.Join(all, "\n")), nil
}

// replaceTable puts table between its marks.
func replaceTable(text []byte, table string) ([]byte, error) {
	before, rest, found := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return nil, fmt.Errorf("no %q and %q", begin, end)
	}
	return []byte(before + begin + table + end + after), nil
}
