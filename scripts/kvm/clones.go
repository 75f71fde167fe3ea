package main

import (
	"context"
	"path/filepath"
	"strings"

	"yolk/boot/build"
	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/scripts/kvm/task"
)

// cloned are the programs whose machines are saved: the smallest server, and net/http's.
var cloned = []struct {
	program       string
	port          uint16
	request, want string
}{
	{"apps/daytime", 13, "", ""},
	{"apps/httpd", 8080, "GET / HTTP/1.1\r\nHost: yolk\r\n\r\n", "HTTP/1.1 200 "},
}

// clones returns the tasks that say how soon machines from a snapshot answer, and their
// images. They are those of scripts/bench/fleet, under KVM.
func (o *options) clones(ctx context.Context, work string) (tasks []task.Task, files []image.Files, err error) {
	plat, err := build.FindPlatform("kvm", "amd64")
	if err != nil {
		return nil, nil, err
	}
	root, err := build.Root()
	if err != nil {
		return nil, nil, err
	}
	for _, machine := range plat.Machines {
		for _, c := range cloned {
			name := filepath.Base(c.program)
			t := task.Task{
				Kind: task.Clone, Name: name + " on " + machine, Port: c.port, Request: c.request, Want: c.want,
				Machine: qemu.Config{
					Arch: plat.Arch, Machine: machine, Accel: qemu.KVM, Memory: 16 << 20, CPUs: 1, Kernel: filepath.Join(work, name+".yolk"),
					Append: strings.Join(qemu.UserNetOptions, " "), Net: qemu.Net{Kind: qemu.NetUser},
				},
			}
			if !strings.Contains(t.Name, o.only) {
				continue
			}
			if _, err := build.Build(ctx, build.Options{Target: filepath.Join(root, c.program), Platform: plat, Output: t.Machine.Kernel}); err != nil {
				return nil, nil, err
			}
			tasks = append(tasks, t)
			files = append(files, packed(t.Machine.Kernel))
		}
	}
	return tasks, files, nil
}
