package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"yolk/boot/build"
	"yolk/boot/child"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
	"yolk/scripts/soak/served"
)

const (
	arch      = "amd64"
	port      = ":8080"
	plainPort = ":8081" // without net/http
	marker    = "server: listening on"
	bootLimit = 60 * time.Second
)

// errEnded is that the emulator is no more.
var errEnded = errors.New("the machine ended")

// A bed is a machine to be attacked.
type bed struct {
	Machine string
	Memory  int64 // bytes
	CPUs    int
}

func (b bed) String() string { return fmt.Sprintf("%s/%dM/%d", b.Machine, b.Memory>>20, b.CPUs) }

// parseBeds reads a list of [MACHINE/]MEMORY/PROCESSORS.
func parseBeds(list string) (beds []bed, err error) {
	for i, s := range strings.Split(list, ",") {
		b := bed{Machine: []string{"q35", "microvm"}[i%2]}
		f := strings.Split(s, "/")
		if len(f) == 3 {
			b.Machine, f = f[0], f[1:]
		}
		if n, err := fmt.Sscanf(strings.Join(f, "/"), "%dM/%d", &b.Memory, &b.CPUs); n != 2 || err != nil || len(f) != 2 {
			return nil, fmt.Errorf("machine %q is not like 64M/1 or q35/64M/1", s)
		}
		b.Memory <<= 20
		beds = append(beds, b)
	}
	return beds, nil
}

// buildServer makes the image that is attacked.
func buildServer(ctx context.Context) (name string, remove func(), err error) {
	root, err := build.Root()
	if err != nil {
		return "", nil, err
	}
	plat, err := build.FindPlatform("kvm", arch)
	if err != nil {
		return "", nil, err
	}
	work, err := os.MkdirTemp("", "yolk-soak-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(work) }
	r, err := build.Build(ctx, build.Options{
		Target: filepath.Join(root, "scripts/soak/server"), Platform: plat, Output: filepath.Join(work, "server.yolk"),
	})
	if err != nil {
		remove()
		return "", nil, err
	}
	return r.Image, remove, nil
}

// A machine is a running emulator with the server in it.
type machine struct {
	link  link
	cmd   *exec.Cmd
	ended context.Context

	mu      sync.Mutex
	console bytes.Buffer // the serial line and the emulator's complaints
}

// boot starts the image and waits until its server answers.
func boot(ctx context.Context, image string, b bed, l link) (*machine, error) {
	line, err := cmdline.Join([]string{"ip=" + l.guest + prefix, "gw=" + l.host}, nil)
	if err != nil {
		return nil, err
	}
	accel, _ := qemu.ThisHost().Choose(arch)
	c := qemu.Config{
		Arch: arch, Machine: b.Machine, Accel: accel, Memory: b.Memory, CPUs: b.CPUs, Kernel: image, Append: line,
		Status: os.DevNull, Net: qemu.Net{Kind: qemu.NetTap, Iface: l.tap},
	}
	ended, end := context.WithCancel(context.Background())
	m := &machine{link: l, cmd: exec.CommandContext(ctx, c.Program(), c.Args()...), ended: ended}
	m.cmd.Stdout, m.cmd.Stderr = m, m
	if err := child.Start(m.cmd); err != nil {
		end()
		return nil, err
	}
	go func() { m.cmd.Wait(); end() }()
	for end := time.Now().Add(bootLimit); ; {
		if _, err = m.figures(false); err == nil {
			return m, nil
		}
		if time.Now().After(end) || !m.alive() {
			m.stop()
			return nil, fmt.Errorf("the server did not come up (%w); the machine said: %s", err, m.said(0))
		}
		time.Sleep(50 * time.Millisecond) // it boots
	}
}

// Write takes what the machine prints.
func (m *machine) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.console.Write(p)
}

// said returns what was printed after the first n bytes.
func (m *machine) said(n int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.ReplaceAll(m.console.String()[n:], "\r", "")
}

// printed is how many bytes were.
func (m *machine) printed() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.console.Len()
}

func (m *machine) alive() bool { return m.ended.Err() == nil }

func (m *machine) stop() {
	m.cmd.Process.Kill()
	<-m.ended.Done()
}

func (m *machine) addr() string { return m.link.guest + port }

// figures asks the server for its state, after a collection if collect.
func (m *machine) figures(collect bool) (f served.Figures, err error) {
	url := "http://" + m.addr() + "/stats"
	if collect {
		url += "?gc=1"
	}
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		return f, err
	}
	defer answer.Body.Close()
	return f, json.NewDecoder(answer.Body).Decode(&f)
}
