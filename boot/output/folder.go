package output

import (
	"os"
	"path/filepath"
	"syscall"
)

// Folder makes a folder, with what fill puts into it, unless it is there. All who
// make folders beside it take turns, so that an unfinished one is the work of a
// process that was killed: the next to come removes it.
func Folder(dir string, fill func(dir string) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(parent, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return &os.PathError{Op: "lock", Path: lock.Name(), Err: err}
	}
	if _, err := os.Stat(dir); err == nil {
		return nil // who had the turn before made it
	}
	unfinished := filepath.Join(parent, ".new")
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	if err := fill(unfinished); err != nil {
		return err
	}
	return os.Rename(unfinished, dir)
}
