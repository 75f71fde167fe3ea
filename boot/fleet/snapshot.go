package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"yolk/boot/qemu"
	"yolk/boot/vnet"
)

// ErrNoSnapshot is that of Load, wrapped with the folder's name.
var ErrNoSnapshot = errors.New("is no snapshot: yolk snapshot save makes one")

// ErrShared is that of Save for a machine that is shown folders: QEMU, which serves them
// and knows which files are open, refuses it while one is mounted.
var ErrShared = errors.New("a machine with folders of this computer (-v) cannot be saved, because what it has open there is not in it: give it files with -files")

// Save writes a machine that runs into a folder, which is made. The machine goes on.
func (m *Machine) Save(folder string) error {
	process, err := m.Process()
	if err != nil {
		return err
	}
	if len(m.Config.Volumes) > 0 {
		return fmt.Errorf("%s: %w", m.Name, ErrShared)
	}
	if _, err := os.Lstat(folder); err == nil {
		return fmt.Errorf("%s exists: name another folder", folder)
	}
	unfinished := filepath.Clean(folder) + ".new" // which one that was killed may have left
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	if err := link(m.Config.Kernel, filepath.Join(unfinished, image)); err != nil {
		return err
	}
	q, err := qemu.Dial(m.Control())
	if err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	defer q.Close()
	if err := q.Save(process, unfinished); err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	saved := *m
	saved.folder = unfinished
	if err := saved.write(description, saved); err != nil {
		return err
	}
	return os.Rename(unfinished, folder)
}

// Load reads a snapshot as a machine that goes on from it, without the ports of the
// computer that led to the first.
func Load(folder string) (m Machine, err error) {
	if folder, err = filepath.Abs(folder); err != nil {
		return m, err
	}
	text, err := os.ReadFile(filepath.Join(folder, description))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil || m.Config.Arch == "" {
		return m, fmt.Errorf("%s %w", folder, ErrNoSnapshot)
	}
	m.Fleet = ""
	if n := m.Config.Net; switched(&m.Config) && m.Inside == nil {
		m.Inside = &vnet.Place{MAC: n.MAC, Address: n.Address}
	}
	m.Config.Kernel, m.Config.Saved, m.Config.Memfd = filepath.Join(folder, image), folder, false
	m.Config.Net.Forwards = nil
	return m, nil
}
