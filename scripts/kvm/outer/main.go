//go:build linux

// Outer is the program of the outer guest of `make test-kvm`: it runs machines
// under KVM, one after the other, says what came of each and how often it left
// the guest, and switches the outer guest off.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"yolk/scripts/kvm/task"
)

func main() {
	err := prepare()
	var tasks []task.Task
	if err == nil {
		tasks, err = read()
	}
	if err == nil && !all(tasks) {
		err = errors.New("not all tasks passed")
	}
	if err == nil {
		fmt.Println(task.Passed)
	} else {
		fmt.Println("kvm:", err)
	}
	syscall.Sync()
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

// all does the tasks one by one, and then those that are done together, and reports
// whether all passed.
func all(tasks []task.Task) bool {
	var failed atomic.Bool
	report := func(t task.Task) {
		if err := do(t); err != nil {
			fmt.Printf("kvm: %s: FAILED: %v\n", t.Name, err)
			failed.Store(true)
		}
	}
	var together sync.WaitGroup
	for _, t := range tasks {
		if !t.Together {
			report(t)
		}
	}
	for _, t := range tasks {
		if t.Together {
			together.Go(func() { report(t) })
		}
	}
	together.Wait()
	return !failed.Load()
}

// prepare mounts what QEMU and the counters want.
func prepare() error {
	for _, m := range []struct{ dir, kind string }{{"/dev", "devtmpfs"}, {debug, "debugfs"}} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil && err != syscall.EBUSY {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	if _, err := os.Stat("/dev/kvm"); err != nil {
		return err
	}
	// By that name QEMU finds the files that it inherits.
	if err := os.Symlink("/proc/self/fd", "/dev/fd"); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := addTap(task.Tap, task.Host); err != nil {
		return fmt.Errorf("%s: %w", task.Tap, err)
	}
	if err := os.Setenv("PATH", "/usr/bin"); err != nil {
		return err
	}
	if err := countExits(); err != nil || !why() {
		return err
	}
	return countReasons()
}

func read() (tasks []task.Task, err error) {
	text, err := os.ReadFile(task.File)
	if err == nil {
		err = json.Unmarshal(text, &tasks)
	}
	return tasks, err
}

// twice is what an image says to which the emulator of the outer guest has delivered an
// interrupt twice, at the one place where it cannot bear that (README.md).
const twice = "yolk: an interrupt was delivered twice"

// do does a task, and again when it failed by the emulator's fault.
func do(t task.Task) (err error) {
	for range 3 {
		if err = doOnce(t); err == nil || !strings.Contains(err.Error(), twice) {
			break
		}
		fmt.Printf("kvm: %s: the emulator delivered an interrupt twice\n", t.Name)
	}
	return err
}

func doOnce(t task.Task) error {
	switch t.Kind {
	case task.Run:
		return run(t)
	case task.Serve:
		return serve(t)
	case task.Restore:
		return restore(t)
	case task.Compare:
		return compare(t)
	case task.Clone:
		return clone(t)
	}
	return fmt.Errorf("no such kind: %q", t.Kind)
}

// run runs a machine to its end.
func run(t task.Task) error {
	m, err := start(t.Args, t.Want)
	if err != nil {
		return err
	}
	if err := m.end(success); err != nil {
		return err
	}
	if t.Together {
		fmt.Printf("kvm: %s: ok\n", t.Name)
		return nil
	}
	fmt.Printf("kvm: %s: ok, %d exits before it said %q\n", t.Name, m.exits, t.Want)
	showReasons(t.Name)
	return nil
}
