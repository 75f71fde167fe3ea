package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/scripts/bench/linuxguest"
	"yolk/scripts/kvm/task"
)

const (
	stress = "boot/e2e/testdata/stress"
	begins = "stress: seed" // it checks itself: status 0 says that all was well
	ends   = "stress: ok"
	memory = "256M"
)

// tasks returns what the outer guest shall do, and the files that it needs for that.
func (o *options) tasks(m *linuxguest.Maker) (tasks []task.Task, files []image.Files, err error) {
	add := func(t task.Task, flags ...string) {
		if err == nil && strings.Contains(t.Name, o.only) && (!o.ideal || t.Kind == task.Serve) {
			t.Args, err = o.command(flags)
			tasks = append(tasks, t)
			files = append(files, booted(t.Args)...)
			files = append(files, booted(t.Linux)...)
		}
	}
	if o.clone {
		return o.clones(m.Context, m.Work)
	}
	for _, machine := range []string{"microvm", "q35"} {
		if o.smp != "" {
			break
		}
		on := []string{"-machine", machine}
		add(task.Task{Kind: task.Run, Name: "helloworld on " + machine, Want: "Hello"}, append(on, "-net", "none", "./apps/helloworld")...)
		add(task.Task{Kind: task.Serve, Name: "httpd on " + machine, Want: "listening", Address: task.Server + ":8080", Exits: o.limit(machine)},
			append(on, "-net", "tap:"+task.Tap, "-opt", "ip="+task.Server+"/24", "-opt", "gw="+task.Host, "./apps/httpd")...)
		add(task.Task{Kind: task.Run, Name: "stress on " + machine, Want: begins, Together: true},
			append(on, "-net", "none", "-memory", memory, "./"+stress, "--", "-time", o.time.String())...)
	}
	if o.smp == "" {
		add(task.Task{Kind: task.Restore, Name: "clock on microvm", Want: "from KVM's clock", Address: "127.0.0.1:8080", Together: true},
			"-machine", "microvm", "-p", "8080:8080", "-log", "info", "-memory", "64M", "./boot/e2e/testdata/clock")
		return tasks, files, err
	}
	guest, err := m.Make("amd64", stress, nil)
	if err != nil {
		return nil, nil, err
	}
	for word := range strings.SplitSeq(o.smp, ",") {
		n, e := strconv.Atoi(word)
		if e != nil {
			return nil, nil, fmt.Errorf("-smp %s: %w", o.smp, e)
		}
		linux := guest.Config(qemu.Config{Arch: "amd64", Machine: linuxguest.Machine, Accel: qemu.KVM, CPUs: n, Memory: 512 << 20, Status: os.DevNull,
			Net: qemu.Net{Kind: qemu.NetNone}}, "", []string{"-time", o.time.String()})
		// What the stress program does on purpose shall not be told between its words.
		linux.Append = "sysctl.debug.exception-trace=0 " + linux.Append
		add(task.Task{Kind: task.Compare, Name: fmt.Sprintf("stress with %d processors", n), Want: ends, Linux: append([]string{linux.Program()}, linux.Args()...)},
			"-machine", "q35", "-cpus", word, "-net", "none", "-memory", memory, "./"+stress, "--", "-time", o.time.String())
	}
	return tasks, files, err
}

// limit returns the most exits that a request may cost, a little more than it does. In
// real time their number depends on the host.
func (o *options) limit(machine string) float64 {
	if !o.ideal {
		return 0
	}
	return map[string]float64{"microvm": 3.5, "q35": 2.5}[machine]
}

// command builds a program and returns the command line with which yolk run would
// run it under KVM.
func (o *options) command(flags []string) ([]string, error) {
	cmd := exec.Command(o.yolk, append([]string{"run", "-n", "-accel", "kvm"}, flags...)...)
	cmd.Stderr = os.Stderr
	line, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w", cmd, err)
	}
	// It is quoted for a shell, which takes it apart.
	words, err := exec.Command("sh", "-c", `printf '%s\0' `+string(line)).Output()
	return strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00"), err
}

// booted are the files that an emulator's command line boots.
func booted(args []string) (files []image.Files) {
	for i, a := range args {
		if a == "-kernel" || a == "-initrd" {
			files = append(files, packed(args[i+1]))
		}
	}
	return files
}

// write makes the file that tells the outer guest its tasks.
func write(work string, tasks []task.Task) (image.Files, error) {
	name := filepath.Join(work, "tasks.json")
	text, err := json.Marshal(tasks)
	if err != nil {
		return image.Files{}, err
	}
	return image.Files{Src: name, Dst: task.File}, os.WriteFile(name, text, 0o644)
}
