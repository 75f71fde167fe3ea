package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// A journal has each measurement of a run on a line of its own as soon as it is made, so
// that a run which was broken off goes on where it was. What was measured with other
// sources, or for another time, does not count.
type journal struct {
	file  *os.File
	about string // the sources, and for how long each measurement goes on
	known map[string]json.RawMessage
}

// entry is a line.
type entry struct {
	About, What string
	Figures     json.RawMessage
}

// openJournal reads what a journal has and goes on with it. Without a name nothing is
// kept.
func openJournal(name, about string) (*journal, error) {
	j := &journal{about: about, known: map[string]json.RawMessage{}}
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

// once has figures as they were measured before, or measures them.
func (j *journal) once(what string, figures any, measure func() error) error {
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

// has reports whether it was measured before.
func (j *journal) has(what string) bool { return j.known[what] != nil }

// close keeps the journal, or removes that of a run that has measured all.
func (j *journal) close(done bool) error {
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
