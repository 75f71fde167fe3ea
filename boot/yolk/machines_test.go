package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"yolk/boot/fleet"
)

// inBackground is an emulator that says it runs, and ends with status 42 when somebody
// opens the pipe.
const inBackground = `echo '{"QMP":{}}{"return":{}}' >&4; echo hello; read x <%s; printf '\052' >/dev/fd/3; exit 1`

// TestBackground: machines that run -d starts are listed, have a log, end and are removed,
// by name.
func TestBackground(t *testing.T) {
	dir, pipe := program(t), filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ownMachines(t)
	emulator(t, fmt.Sprintf(inBackground, pipe))
	expect(t, 0, "nothing\n", "", "run", "-q", "-d", dir)
	expect(t, 0, "nothing-2\n", "", "run", "-q", "-d", dir)
	expect(t, exitFailure, "", "nothing: there is a machine of that name", "run", "-q", "-d", "-name", "nothing", dir)
	expect(t, 0, "nothing\nnothing-2\n", "", "ps", "-q")
	expect(t, exitFailure, "", "nothing: it runs: yolk stop ends it", "rm", "nothing")
	end, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	end.WriteString("\n\n")                              // a line for each
	expect(t, 0, "hello\n", "", "logs", "-f", "nothing") // to its end
	expect(t, 0, "hello\n", "", "logs", "-f", "nothing-2")
	for _, m := range listed(t) {
		if m.State != "ended" || m.Status != 42 || m.Memory != 128<<20 || !strings.HasSuffix(m.Package, "nothing") {
			t.Errorf("%+v", m)
		}
	}
	expect(t, exitFailure, "", "nothing: it has ended", "stop", "nothing")
	expect(t, 0, "", "", "rm", "nothing", "nothing-2")
	expect(t, exitFailure, "", "nothing: there is no such machine", "logs", "nothing")
	expect(t, 0, "[]\n", "", "ps", "-json")
}

// TestBackgroundFails: what does not start is said, and leaves no machine; one whose
// keeper is killed is told apart, and removed.
func TestBackgroundFails(t *testing.T) {
	dir := program(t)
	ownMachines(t)
	emulator(t, "echo 'qemu-system-x86_64: no such thing' >&2; exit 1")
	expect(t, exitMachine, "", "the emulator failed: qemu-system-x86_64: no such thing", "run", "-q", "-d", dir)
	expect(t, 0, "", "", "ps")
	expect(t, exitUsage, "", `"a/b" is no name: it takes up to 40 letters`, "run", "-d", "-name", "a/b", dir)
	expect(t, exitUsage, "", "-name is for machines in the background: add -d", "run", "-name", "a", dir)
	expect(t, exitUsage, "", "-d and -timeline contradict each other", "run", "-d", "-timeline", "t.svg", dir)
	expect(t, exitUsage, "", "name a machine (yolk ps lists them; see yolk help stop)", "stop")

	emulator(t, `echo '{"QMP":{}}{"return":{}}' >&4; kill -9 $PPID; exec sleep 1000`)
	out, complaint, status := yolk(t, "run", "-q", "-d", dir)
	if status == 0 { // the keeper had said that all is well
		f := fleet.Fleet{Folder: os.Getenv("YOLK_MACHINES")}
		m, err := f.Open(strings.TrimSpace(out))
		if err != nil {
			t.Fatal(err)
		}
		m.Wait()
		if l := listed(t); len(l) != 1 || l[0].State != "killed" {
			t.Errorf("%+v", l)
		}
		expect(t, 0, "", "", "rm", m.Name)
	} else if !strings.Contains(complaint, "the keeper ended before the machine ran") {
		t.Errorf("status %d, %q, %q", status, out, complaint)
	}
	expect(t, 0, "", "", "ps")
}

// ownMachines gives the test a folder of machines, with a name that is short enough for
// sockets.
func ownMachines(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "yolk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("YOLK_MACHINES", dir)
}

// expect runs a command line and checks its status, its output, and the beginning of its
// complaint.
func expect(t *testing.T, status int, out, complaint string, args ...string) {
	t.Helper()
	gotOut, gotComplaint, gotStatus := yolk(t, args...)
	if gotStatus != status || gotOut != out || complaint == "" && gotComplaint != "" || !strings.HasPrefix(strings.TrimPrefix(gotComplaint, "yolk: "), complaint) {
		t.Errorf("%q: status %d, %q, %q, want %d, %q, %q", args, gotStatus, gotOut, gotComplaint, status, out, complaint)
	}
}

// listed is what yolk ps -json prints.
func listed(t *testing.T) (all []listedMachine) {
	t.Helper()
	out, complaint, status := yolk(t, "ps", "-json")
	if err := json.Unmarshal([]byte(out), &all); err != nil || status != 0 {
		t.Fatal(status, err, complaint)
	}
	return all
}
