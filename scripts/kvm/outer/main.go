//go:build linux

// Outer is the program of the outer guest of `make test-kvm`: it runs machines
// under KVM, one after the other, says what came of each and how often it left
// the guest, and switches the outer guest off.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"

	"yolk/scripts/kvm/task"
)

func main() {
	err := prepare()
	var tasks []task.Task
	if err == nil {
		tasks, err = read()
	}
	for _, t := range tasks {
		if e := do(t); e != nil {
			fmt.Printf("kvm: %s: FAILED: %v\n", t.Name, e)
			err = fmt.Errorf("not all tasks passed")
		}
	}
	if err == nil {
		fmt.Println(task.Passed)
	} else {
		fmt.Println("kvm:", err)
	}
	syscall.Sync()
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
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
	fmt.Printf("kvm: %s: ok, %d exits before it said %q\n", t.Name, m.exits, t.Want)
	showReasons(t.Name)
	return nil
}
