package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"yolk/boot/qemu"
)

// TestSnapshotStart: machines from one snapshot have names and ports of their own, and
// QEMU is told to go on from its files.
func TestSnapshotStart(t *testing.T) {
	ownMachines(t)
	folder, pipe, told := t.TempDir(), filepath.Join(t.TempDir(), "pipe"), filepath.Join(t.TempDir(), "told")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"state": "STATE", "memory": "", "kernel": "", "machine.json": `{"name":"web","config":{"Arch":"amd64","Machine":"microvm","Accel":"tcg","Memory":16777216,"CPUs":1,"Net":{"Kind":"user"},"Volumes":[{"Host":"/nowhere","Guest":"/data"}]}}`} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The state is the file after pipe and control socket.
	emulator(t, fmt.Sprintf(`echo "$@" "$(cat <&5)" >>%s; echo '{"QMP":{}}{"event":"RESUME"}' >&4; read x <%s; printf '\000' >/dev/fd/3; exit 1`, told, pipe))
	var port uint16
	for free := false; !free; { // and the next as well
		p, err := qemu.FreePort("tcp")
		if err != nil {
			t.Fatal(err)
		}
		port, free = p, qemu.Forward{Proto: "tcp", Addr: "127.0.0.1", Host: p + 1}.Free() == nil
	}
	expect(t, 0, "web\nweb-2\n", "", "snapshot", "start", "-count", "2", "-p", fmt.Sprintf("%d:80", port), folder)
	for i, m := range listed(t) {
		if want := fmt.Sprintf("127.0.0.1:%d:80/tcp", int(port)+i); m.State != "running" || len(m.Ports) != 1 || m.Ports[0] != want {
			t.Errorf("%+v, want port %s", m, want)
		}
	}
	expect(t, exitFailure, "", "web: a machine with folders of this computer (-v) cannot be saved", "snapshot", "save", "web", folder+"/x")
	end, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	end.WriteString("\n\n")
	expect(t, 0, "", "", "logs", "-f", "web")
	expect(t, 0, "", "", "logs", "-f", "web-2")
	text, err := os.ReadFile(told)
	for _, want := range []string{"-incoming defer", "memory-backend-file,share=off,mem-path=" + folder + "/memory,id=ram,size=16384k", "memory-backend=ram", "STATE\n"} {
		if strings.Count(string(text), want) != 2 {
			t.Errorf("%v, %s\nhas not twice %s", err, text, want)
		}
	}

	expect(t, exitFailure, "", t.TempDir()[:4], "snapshot", "start", t.TempDir())
	expect(t, exitUsage, "", "name one snapshot's folder", "snapshot", "start")
	expect(t, exitUsage, "", "name a machine and a folder to make", "snapshot", "save", "web")
	expect(t, exitUsage, "", "-p 65535:80: there are no 2 ports from there on", "snapshot", "start", "-count", "2", "-p", "65535:80", folder)
	expect(t, exitFailure, "", "web: it has ended", "snapshot", "save", "web", folder+"/x")
}
