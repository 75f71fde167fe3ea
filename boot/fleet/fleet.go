// Package fleet keeps machines that run in the background, each in a folder of its own:
//
//	NAME/machine.json  what it is
//	NAME/kernel        the image
//	NAME/lock          held (flock(2)) as long as it runs, by its keeper
//	NAME/pid           the emulator's process, while the lock is held
//	NAME/control       the emulator's socket for its control protocol, QMP
//	NAME/log           what the program and the emulator have said
//	NAME/end.json      how it ended
//
// A keeper is a process that starts machines and waits for them. Whether a machine runs
// is told by the lock alone, which the system drops whatever ends the keeper; a machine
// without lock and end was killed. The emulator ends with its keeper (boot/child), so
// that nothing runs that has no lock.
//
// It imports boot/output, boot/qemu, boot/vmm and boot/vnet.
package fleet

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"yolk/boot/output"
	"yolk/boot/qemu"
	"yolk/boot/vnet"
)

// A Fleet is a folder of machines.
type Fleet struct{ Folder string }

// A Machine is what is kept of one.
type Machine struct {
	Name    string      `json:"name"`
	Package string      `json:"package"`
	Fleet   string      `json:"fleet,omitempty"` // the file that it is one of, if any
	Started time.Time   `json:"started"`
	Config  qemu.Config `json:"config"`
	// Inside is where it believes to be on its network, if it goes on from a snapshot.
	Inside *vnet.Place `json:"inside,omitempty"`

	folder string
}

// An End is how a machine ended.
type End struct {
	Status int       `json:"status"`          // the program's, if there is no error
	Error  string    `json:"error,omitempty"` // why the machine did not run to its end
	Time   time.Time `json:"time"`
}

// Errors, wrapped with the machine's name.
var (
	ErrNone    = errors.New("there is no such machine (yolk ps lists them)")
	ErrExists  = errors.New("there is a machine of that name: yolk rm removes it, -name gives another")
	ErrRunning = errors.New("it runs: yolk stop ends it")
	ErrEnded   = errors.New("it has ended (yolk logs has what it said)")
	ErrKilled  = errors.New("its keeper was killed, and it with that")
)

// names are such that they are folders, and words of a shell.
var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$`)

// CheckName refuses what is no machine's name.
func CheckName(name string) error {
	if !names.MatchString(name) {
		return fmt.Errorf("%q is no name: it takes up to 40 letters, digits, dots and dashes", name)
	}
	return nil
}

// Files of a machine's folder that a snapshot has as well.
const (
	description = "machine.json"
	image       = "kernel"
)

// socketPath is how long the name of a Unix socket may be (unix(7)).
const socketPath = 107

// Create makes the folder of a machine, with its lock held. What is to be started of it
// follows; Discard is for when nothing does.
func (f Fleet) Create(m Machine) (*Machine, *os.File, error) {
	if err := CheckName(m.Name); err != nil {
		return nil, nil, err
	}
	m.folder = filepath.Join(f.Folder, m.Name)
	if p := m.Control(); len(p) > socketPath {
		return nil, nil, fmt.Errorf("%s is too long for a socket's name: set YOLK_MACHINES to a folder with a name of at most %d bytes", p, len(f.Folder)-len(p)+socketPath)
	}
	if err := os.MkdirAll(f.Folder, 0o700); err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(m.folder, 0o700); errors.Is(err, fs.ErrExist) {
		return nil, nil, fmt.Errorf("%s: %w", m.Name, ErrExists)
	} else if err != nil {
		return nil, nil, err
	}
	lock, err := os.Create(m.file("lock"))
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	}
	if err == nil {
		// The image of the next build of the program may take its name.
		err = link(m.Config.Kernel, m.file(image))
	}
	if err == nil {
		m.Config.Kernel, m.Config.Monitor = m.file(image), m.Control()
		err = m.write(description, m)
	}
	if err != nil {
		m.Discard()
		return nil, nil, err
	}
	return &m, lock, nil
}

// link gives a file another name, or copies it where it cannot have one.
func link(old, name string) error {
	if os.Link(old, name) == nil {
		return nil
	}
	text, err := os.ReadFile(old)
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o600)
}

// FreeName is the first of name, name-2, name-3 ... that no machine has, nor one of those
// that are about to be created. It may be taken before it is used; Create says so.
func (f Fleet) FreeName(name string, besides ...Machine) string {
	for n, free := 2, name; ; n++ {
		_, err := os.Lstat(filepath.Join(f.Folder, free))
		if err != nil && !slices.ContainsFunc(besides, func(m Machine) bool { return m.Name == free }) {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

// Open finds a machine.
func (f Fleet) Open(name string) (*Machine, error) {
	m := &Machine{folder: filepath.Join(f.Folder, name)}
	text, err := os.ReadFile(m.file(description))
	if _, missing := os.Lstat(m.folder); CheckName(name) != nil || missing != nil {
		return nil, fmt.Errorf("%s: %w", name, ErrNone)
	}
	if err == nil {
		err = json.Unmarshal(text, m)
	}
	if err != nil {
		m.Name = name // its starter was killed before it was written
	}
	return m, nil
}

// List has all machines, the ones started first in front.
func (f Fleet) List() (all []*Machine, err error) {
	folders, err := os.ReadDir(f.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, d := range folders {
		if m, err := f.Open(d.Name()); err == nil {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b *Machine) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Name, b.Name)) })
	return all, nil
}

// Control is the socket of the emulator's control protocol.
func (m *Machine) Control() string { return m.file("control") }

// Log is the file of what was said.
func (m *Machine) Log() string { return m.file("log") }

func (m *Machine) file(name string) string { return filepath.Join(m.folder, name) }

// write writes a file, whole or not at all.
func (m *Machine) write(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	place, err := output.Place(m.file(name))
	if err != nil {
		return err
	}
	return output.Write(place, append(text, '\n'))
}

// Discard removes the folder.
func (m *Machine) Discard() error { return os.RemoveAll(m.folder) }

// Running reports whether it runs, or is being started.
func (m *Machine) Running() bool {
	return m.wait(syscall.LOCK_SH|syscall.LOCK_NB) == syscall.EWOULDBLOCK
}

// Wait waits until it does not.
func (m *Machine) Wait() { m.wait(syscall.LOCK_SH) }

func (m *Machine) wait(how int) error {
	lock, err := os.Open(m.file("lock"))
	if err != nil {
		return err
	}
	defer lock.Close()
	for {
		if err := syscall.Flock(int(lock.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}

// End is how a machine that does not run ended.
func (m *Machine) End() (e End) {
	text, err := os.ReadFile(m.file("end.json"))
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		e.Error = ErrKilled.Error()
	}
	return e
}

// Remove removes what is kept of a machine that has ended.
func (m *Machine) Remove() error {
	if m.Running() {
		return fmt.Errorf("%s: %w", m.Name, ErrRunning)
	}
	return m.Discard()
}
