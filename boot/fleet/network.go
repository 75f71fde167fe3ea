package fleet

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"yolk/boot/qemu"
	"yolk/boot/vnet"
)

// The networks of a fleet, by their names: each is served by a process of its own, which
// begins with the first machine and ends after the last.
//
//	.networks/NAME.socket  where machines connect
//	.networks/NAME.lock    held by who is about to come, or to end it
//	.networks/NAME.log     what went wrong
func (f Fleet) network(name, file string) string {
	return filepath.Join(f.Folder, ".networks", name+"."+file)
}

// networkIdle is how long a network stays that nobody is on.
const networkIdle = 2 * time.Second

// Connect gives a machine its place on the network that it is for, as its first card.
// server is the command line of a process that calls ServeNetwork with the network's name.
// The file is to be closed when the machine has ended.
func (f Fleet) Connect(server []string, m *Machine) (*os.File, error) {
	n := &m.Config.Net
	file, place, err := f.join(server, n.Switch, vnet.Hello{Name: m.Name, Forwards: n.Forwards, Saved: m.Inside})
	if err != nil {
		return nil, err
	}
	n.File, n.MAC, n.Address = file, place.MAC, place.Address
	if m.Inside == nil {
		m.Config.Append = place.Options() + m.Config.Append
	} else {
		n.MAC = m.Inside.MAC
	}
	return file, nil
}

// Answers reports whether a machine of a network answers at a TCP port.
func (f Fleet) Answers(network, machine, port string) bool {
	c, err := f.dial(network)
	if err != nil {
		return false
	}
	defer c.Close()
	_, err = greet(c, vnet.Hello{Ask: net.JoinHostPort(machine, port)})
	return err == nil
}

func (f Fleet) join(server []string, name string, h vnet.Hello) (*os.File, vnet.Place, error) {
	var place vnet.Place
	if err := os.MkdirAll(filepath.Dir(f.network(name, "lock")), 0o700); err != nil {
		return nil, place, err
	}
	if p := f.network(name, "socket"); len(p) > socketPath {
		return nil, place, fmt.Errorf("%s is too long for a socket's name: set YOLK_MACHINES to a folder with a shorter name", p)
	}
	lock, err := os.OpenFile(f.network(name, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, place, err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, place, err
	}
	c, err := f.dial(name)
	if err != nil {
		if err = f.startNetwork(server, name); err == nil {
			c, err = f.dial(name)
		}
	}
	if err != nil {
		return nil, place, fmt.Errorf("network %s: %w", name, err)
	}
	defer c.Close() // File has a copy
	if place, err = greet(c, h); err != nil {
		return nil, place, err
	}
	file, err := c.File()
	return file, place, err
}

func (f Fleet) dial(network string) (*net.UnixConn, error) {
	return net.DialUnix("unix", nil, &net.UnixAddr{Name: f.network(network, "socket"), Net: "unix"})
}

// greet says who comes, and returns where that is.
func greet(c *net.UnixConn, h vnet.Hello) (p vnet.Place, err error) {
	line, err := json.Marshal(h)
	if err == nil {
		_, err = c.Write(append(line, '\n'))
	}
	if err == nil {
		line, err = vnet.ReadLine(c)
	}
	if err == nil {
		err = json.Unmarshal(line, &p)
	}
	if err == nil && p.Error != "" {
		err = errors.New(p.Error)
	}
	return p, err
}

// startNetwork starts a network's process, and waits until machines can connect.
func (f Fleet) startNetwork(server []string, name string) error {
	log, err := os.Create(f.network(name, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	said, ready, err := os.Pipe()
	if err != nil {
		return err
	}
	defer said.Close()
	defer ready.Close()
	cmd := exec.Command(server[0], append(server[1:len(server):len(server)], name)...)
	cmd.ExtraFiles = []*os.File{ready}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ready.Close()
	complaint, err := io.ReadAll(said)
	if err == nil && string(complaint) != allRun {
		err = errors.New(cmp.Or(strings.TrimSpace(string(complaint)), "its process ended"))
	}
	cmd.Process.Release()
	return err
}

// ServeNetwork is the work of a network's process. It returns when nobody is on it any more.
func (f Fleet) ServeNetwork(name string) error {
	ready := os.NewFile(readyFile, "ready")
	defer ready.Close()
	socket := f.network(name, "socket")
	os.Remove(socket) // of one that was killed: who started us has the lock
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		fmt.Fprintln(ready, err)
		return err
	}
	defer l.Close() // and removes it
	n, err := vnet.New()
	if err != nil {
		fmt.Fprintln(ready, err)
		return err
	}
	io.WriteString(ready, allRun)
	ready.Close()
	lock, err := os.OpenFile(f.network(name, "lock"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return n.Serve(l, networkIdle, func() bool {
		return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	})
}

// switched reports whether a machine's network is one of ours.
func switched(c *qemu.Config) bool { return c.Net.Kind == qemu.NetSwitch }
