// Package journal keeps what a benchmark has measured until it has measured all, so that
// a run which was broken off goes on where it was.
//
// It imports nothing of Yolk's.
package journal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// A Journal has each measurement of a run on a line of its own as soon as it is made. What
// was measured with other sources, or for another time, does not count.
type Journal struct {
	file  *os.File
	about string // the sources, and for how long each measurement goes on
	known map[string]json.RawMessage
}

// entry is a line.
type entry struct {
	About, What string
	Figures     json.RawMessage
}

// Open reads what a journal has and goes on with it. about says what is measured, and with
// which sources: with such as are not committed ("-dirty") everything is measured again.
// Without a name nothing is kept.
func Open(name, about string) (*Journal, error) {
	j := &Journal{about: about, known: map[string]json.RawMessage{}}
	if name == "" {
		return j, nil
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	j.file = file
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w: remove it to begin anew", name, err), file.Close())
		}
		if e.About == about && !strings.Contains(about, "-dirty") {
			j.known[e.What] = e.Figures
		}
	}
	return j, errors.Join(lines.Err())
}

// Once has figures as they were measured before, or measures them.
func (j *Journal) Once(what string, figures any, measure func() error) error {
	if text := j.known[what]; text != nil {
		return json.Unmarshal(text, figures)
	}
	if err := measure(); err != nil || j.file == nil {
		return err
	}
	text, err := json.Marshal(figures)
	if err != nil {
		return err
	}
	line, err := json.Marshal(entry{j.about, what, text})
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	return err
}

// Has reports whether it was measured before.
func (j *Journal) Has(what string) bool { return j.known[what] != nil }

// Close keeps the journal, or removes that of a run that has measured all.
func (j *Journal) Close(done bool) error {
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	if done {
		if e := os.Remove(j.file.Name()); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Sources names the commit of the repository in root, with "-dirty" if there is more in it.
func Sources(ctx context.Context, root string) string {
	out, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
