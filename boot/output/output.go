// Package output writes files and folders that appear whole or not at all, and of
// which nothing is left when the process is killed on the way.
//
// It is for the host and imports nothing of Yolk.
package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Errors of Place, wrapped with the name.
var (
	ErrFolder   = errors.New("is a folder: name a file")
	ErrNoFolder = errors.New("there is no such folder: make it first")
	ErrDangling = errors.New("is a symbolic link to nothing: remove it, or make what it leads to")
	ErrSpecial  = errors.New("is not a regular file, and nothing else is written over")
)

// Place returns the file that writing to name shall replace or make: behind
// symbolic links, as cp has it. The error says why it shall not: only a regular
// file is replaced, never a device or a pipe, and no folder is made.
func Place(name string) (string, error) {
	st, err := os.Stat(name)
	switch {
	case err == nil && st.IsDir():
		return "", fmt.Errorf("%s %w", name, ErrFolder)
	case err == nil && !st.Mode().IsRegular():
		return "", fmt.Errorf("%s %w", name, ErrSpecial)
	case err == nil:
		return filepath.EvalSymlinks(name)
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if _, err := os.Lstat(name); err == nil {
		return "", fmt.Errorf("%s %w", name, ErrDangling)
	}
	if _, err := os.Stat(filepath.Dir(name)); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: %w", filepath.Dir(name), ErrNoFolder)
	}
	return name, nil
}

// A File is written without a name, until Commit gives it the one it was created
// for. It must be closed, which without a Commit leaves nothing.
type File struct {
	*os.File
	name  string // the place it is for
	named bool   // it has a name of its own, for want of files without
}

// Create begins the file at a place (see Place), with a mode like os.OpenFile's.
func Create(place string, mode fs.FileMode) (*File, error) {
	f, err := anonymous(filepath.Dir(place), mode)
	if err == nil {
		return &File{f, place, false}, nil
	}
	if f, err = os.CreateTemp(filepath.Dir(place), ".new-"); err != nil {
		return nil, err
	}
	return &File{f, place, true}, f.Chmod(mode)
}

// Commit puts the file in its place, instead of one that is there.
func (f *File) Commit() error {
	if !f.named {
		temporary, err := link(f.File, f.name)
		if err != nil || temporary == "" {
			return err
		}
		defer os.Remove(temporary)
		return os.Rename(temporary, f.name)
	}
	err := os.Rename(f.File.Name(), f.name)
	f.named = err != nil
	return err
}

// Close ends writing. After Commit it says what the system could not store.
func (f *File) Close() error {
	if f.named {
		os.Remove(f.File.Name())
	}
	return f.File.Close()
}

// Write gives a file its contents, and leaves one alone that has them.
func Write(name string, data []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return nil
	}
	f, err := Create(name, 0o644)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Commit()
	}
	return errors.Join(err, f.Close())
}
