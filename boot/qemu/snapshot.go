package qemu

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A saved machine is two files in a folder: its memory as it was, and the state of
// everything else, in the form in which QEMU migrates machines. One that goes on from
// them maps the memory privately, so that all of them share what none has written, and
// starts without reading it.
//
// For that the memory of the first is shared with a file, which the capability
// x-ignore-shared leaves out of the state (QEMU docs/devel/migration). From 8.1 on QEMU does
// so with a file that it was given by a name alone (migration/ram.c, migrate_ram_is_ignored): it is
// one of ours, without a name elsewhere (memfd), by that of its descriptor.
const (
	savedMemory = "memory"
	savedState  = "state"
)

// memory is the memory's backend, where it is not QEMU's own.
func (c Config) memory() []string {
	const object, size = "-object", ",id=ram,size=%dk"
	switch {
	case c.Saved != "":
		return []string{object, "memory-backend-file,share=off,mem-path=" + escape(filepath.Join(c.Saved, savedMemory)) + fmt.Sprintf(size, c.Memory>>10)}
	case c.Memfd:
		return []string{object, fmt.Sprintf("memory-backend-file,share=on,mem-path=/dev/fd/%d"+size, c.RAM, c.Memory>>10)}
	}
	return nil
}

// ignoreShared are the arguments of migrate-set-capabilities.
var ignoreShared = map[string]any{"capabilities": []any{map[string]any{"capability": "x-ignore-shared", "state": true}}}

// restoreFrom is what QEMU is told that was started to go on from a state: the file that
// it inherited by this number.
func restoreFrom(fd int) string {
	return request("migrate-set-capabilities", ignoreShared) + request("migrate-incoming", map[string]any{"uri": fmt.Sprintf("fd:%d", fd)})
}

// Errors of Save.
var (
	ErrNotSavable = errors.New("the machine's memory cannot be saved: it has no file (memfd)")
	ErrSave       = errors.New("the emulator could not save the machine")
)

// saveTime is how long a machine may take to be saved: its memory stays where it is.
const saveTime = 20 * time.Second

// Save writes the machine of the emulator with process id pid into a folder, from which
// Config.Saved has any number go on. The machine stands still meanwhile.
func (c *Client) Save(pid int, folder string) (err error) {
	memory, err := memfdOf(pid)
	if err != nil {
		return err
	}
	defer memory.Close()
	state, err := os.OpenFile(filepath.Join(folder, savedState), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer state.Close()
	if err := c.do("getfd", map[string]any{"fdname": savedState}, nil, state); err != nil {
		return err
	}
	if err := c.do("migrate-set-capabilities", ignoreShared, nil); err != nil {
		return err
	}
	if err := c.do("migrate", map[string]any{"uri": "fd:" + savedState}, nil); err != nil {
		return err
	}
	if err := c.migrated(); err != nil {
		return err
	}
	// From here it stands still. That it did not before makes the state one that goes on
	// by itself.
	defer func() { err = errors.Join(err, c.do("cont", nil, nil)) }()
	return copyHoles(filepath.Join(folder, savedMemory), memory)
}

// migrated waits until the state is written.
func (c *Client) migrated() error {
	for deadline := time.Now().Add(saveTime); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var is struct {
			Status string
			Error  string `json:"error-desc"`
		}
		if err := c.do("query-migrate", nil, &is); err != nil {
			return err
		}
		switch is.Status {
		case "completed":
			return nil
		case "failed", "cancelled":
			return fmt.Errorf("%w: %s", ErrSave, is.Error)
		}
	}
	return fmt.Errorf("%w in %v", ErrSave, saveTime)
}

// memfd is the name of a machine's memory for whoever looks at open files.
const memfd = "yolk-machine"

// memfdOf opens the memory of a machine (proc(5), /proc/PID/fd).
func memfdOf(pid int) (*os.File, error) {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, fd := range open {
		name := filepath.Join(folder, fd.Name())
		if to, err := os.Readlink(name); err == nil && strings.HasPrefix(to, "/memfd:"+memfd) {
			return os.Open(name)
		}
	}
	return nil, ErrNotSavable
}

// copyHoles copies a file and leaves out what was never written.
func copyHoles(name string, from *os.File) error {
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer to.Close()
	st, err := from.Stat()
	if err != nil {
		return err
	}
	if err := to.Truncate(st.Size()); err != nil {
		return err
	}
	const data, hole = 3, 4 // SEEK_DATA and SEEK_HOLE, lseek(2)
	for at := int64(0); ; {
		if at, err = from.Seek(at, data); errors.Is(err, syscall.ENXIO) {
			return nil // there is no more
		} else if err != nil {
			return err
		}
		end, err := from.Seek(at, hole)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.NewOffsetWriter(to, at), io.NewSectionReader(from, at, end-at))
		if err != nil {
			return err
		}
		at = end
	}
}
