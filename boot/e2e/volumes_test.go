//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"yolk/boot/child"
)

const volume = "./testdata/volume"

// onMachines runs a test on a machine of each bus and architecture.
func onMachines(t *testing.T, f func(t *testing.T, flags []string)) {
	for _, m := range []string{"microvm", "q35", "virt"} {
		t.Run(m, func(t *testing.T) {
			t.Parallel()
			flags := []string{"-net", "none", "-machine", m}
			if m == "virt" {
				flags = append(flags, "-arch", "arm64")
			}
			f(t, flags)
		})
	}
}

// inVolume runs testdata/volume in a mode, with a folder as /data.
func inVolume(t *testing.T, flags []string, folder string, args ...string) (stdout, complaint string, status int) {
	t.Helper()
	line := append(append([]string{"run"}, flags...), "-v", folder, volume, "--")
	return output(t, append(line, args...)...)
}

// TestVolumeRoot: the program that prints /grass, with a folder as its root.
func TestVolumeRoot(t *testing.T) {
	t.Parallel()
	onMachines(t, func(t *testing.T, flags []string) {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "grass"), "The grass is green!")
		out, complaint, status := output(t, append(append([]string{"run"}, flags...), "-v", folder+":/", "./testdata/grass")...)
		if want := "Hello, world!\nFile contents: The grass is green!\nBye, world!\n"; !strings.HasSuffix(out, want) || status != 0 {
			t.Errorf("status %d, %q, want %q\n%s", status, out, want, complaint)
		}
	})
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestVolumeFiles: what a program did with files is what the host sees.
func TestVolumeFiles(t *testing.T) {
	t.Parallel()
	onMachines(t, func(t *testing.T, flags []string) {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "from-host"), "written by the host")
		out, complaint, status := inVolume(t, flags, folder+":/data", "files")
		if status != 0 || !strings.HasSuffix(out, "done\n") {
			t.Fatalf("status %d, %q\n%s", status, out, complaint)
		}
		big := strings.Repeat("0123456789abcdef", 100)[:1000]
		for name, want := range map[string]string{
			"big": big, "a/soft": big, "a/here": "here", "log": "line 0\nline 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\nline 9\n",
			"sparse": string(make([]byte, 1<<20)) + "e",
		} {
			if got, err := os.ReadFile(filepath.Join(folder, name)); string(got) != want || err != nil {
				t.Errorf("%s: %.80q, %v", name, got, err)
			}
		}
		if st, err := os.Stat(filepath.Join(folder, "big")); err != nil || st.Mode() != 0o600 {
			t.Error(st, err)
		}
		if to, err := os.Readlink(filepath.Join(folder, "a/soft")); to != "../big" {
			t.Error(to, err)
		}
	})
}

// TestVolumeMaps: what a program wrote to a mapped file the host has, though the program
// ended without saying so.
func TestVolumeMaps(t *testing.T) {
	t.Parallel()
	onMachines(t, func(t *testing.T, flags []string) {
		folder := t.TempDir()
		out, complaint, status := inVolume(t, flags, folder+":/data", "maps")
		if status != 0 || !strings.HasSuffix(out, "done\n") {
			t.Fatalf("status %d, %q\n%s", status, out, complaint)
		}
		want := bytes.Repeat([]byte("0123456789abcdef"), 1000)
		want = append(want, make([]byte, 40000-len(want))...)
		for at, text := range map[int]string{5000: "by the mapping", 9000: "by a call", 39000: "where nothing was", 100: "the last word"} {
			copy(want[at:], text)
		}
		if got, err := os.ReadFile(filepath.Join(folder, "mapped")); !bytes.Equal(got, want) || err != nil {
			t.Errorf("the host has %d bytes, %v, %.14q, %.9q", len(got), err, got[5000:], got[9000:])
		}
	})
}

// TestVolumeReadOnly: both sides refuse changes; without the folder there is a message.
func TestVolumeReadOnly(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "from-host"), "written by the host")
	if out, complaint, status := inVolume(t, []string{"-net", "none"}, folder+":/data:ro", "readonly"); status != 0 || out != "done\n" {
		t.Errorf("status %d, %q\n%s", status, out, complaint)
	}
	// As another monitor may start it: writable here, read-only there; and with no such device.
	line := []string{"-net", "none", "-v", folder + ":/data:ro", volume, "--", "readonly"}
	if out, _ := child.Output(emulator(t, line, "/data:ro", "/data")); !bytes.Contains(out, []byte("done")) {
		t.Errorf("%q", out)
	}
	want := "yolk: mount fs9:/data:ro: this machine has no such 9p device; it has: fs0"
	if out, _ := child.Output(emulator(t, line, "mount=fs0", "mount=fs9")); !bytes.Contains(out, []byte(want)) || !bytes.Contains(out, []byte("no such device")) {
		t.Errorf("%q, want %q", out, want)
	}
	want = "this image was built without host folders; build it with: yolk build -volumes"
	if out, _ := child.Output(emulator(t, []string{"-net", "none", "-env", "X=Y", "./testdata/grass"}, "env=X=Y", "mount=fs0:/")); !bytes.Contains(out, []byte(want)) {
		t.Errorf("%q, want %q", out, want)
	}
}

// TestVolumeGone: the device is pulled from a running machine. What uses the folder then
// gets EIO, and a line says why.
func TestVolumeGone(t *testing.T) {
	t.Parallel()
	folder, socket := t.TempDir(), filepath.Join(t.TempDir(), "monitor")
	const device = "-device virtio-9p-pci,"
	cmd := emulator(t, []string{"-net", "none", "-machine", "q35", "-qemu", "-qmp", "-qemu", "unix:" + socket + ",server=on,wait=off",
		"-v", folder + ":/data", volume, "--", "wait"}, device, "-device pcie-root-port,id=up,chassis=1 "+device+"id=folder,bus=up,")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(cmd); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }).Stop()
	const gone = "yolk: mount fs0: virtio-9p: device has left the machine: what uses it gets EIO from now on"
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		fmt.Fprintln(&said, line)
		if line == "ready" {
			ask := monitor(t, socket)
			ask("device_del", map[string]any{"id": "folder"})
			for strings.Contains(fmt.Sprint(ask("qom-list", map[string]any{"path": "/machine/peripheral"})), "folder") {
				time.Sleep(10 * time.Millisecond) // the guest has to agree to it
			}
			fmt.Fprintln(in, "go on")
		}
	}
	cmd.Wait()
	for _, want := range []string{"ready\n", gone + "\n", "done\n"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in %q", want, said.String())
		}
	}
}

var entries = flag.Int("entries", 20_000, "how many entries the folder of TestVolumeList has")

// TestVolumeHands: a goroutine that has waited for the host, and then hands another one
// something, is like any other: a processor with nothing to do is woken for that.
func TestVolumeHands(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "f"), "x")
	flags := strings.Fields("-net none -cpus 2 -qemu -accel -qemu tcg,thread=single -qemu -icount -qemu shift=1,sleep=off")
	out, complaint, status := inVolume(t, flags, folder+":/data", "hands")
	m := regexp.MustCompile(`(?m)^prompt: (\d+)$`).FindStringSubmatch(out)
	if m == nil || status != 0 {
		t.Fatalf("status %d\n%s\n%s", status, out, complaint)
	}
	if n, _ := strconv.Atoi(m[1]); n < 40 {
		t.Errorf("%d of 50 were taken up by another processor", n)
	}
}

// TestVolumeList reads a large folder.
func TestVolumeList(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	many := *entries
	for i := range many {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprint("entry", i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, complaint, status := inVolume(t, []string{"-net", "none"}, folder+":/data", "list")
	if want := fmt.Sprintf("entries %d %d\ndone\n", many, many); status != 0 || out != want {
		t.Errorf("status %d, %q, want %q\n%s", status, out, want, complaint)
	}
}

// TestVolumeKilled: the emulator is killed while a program appends to a log. What the
// program had said to be durable is there, in order and whole.
func TestVolumeKilled(t *testing.T) {
	folder := t.TempDir()
	said := -1
	for round := range 5 {
		os.Remove(filepath.Join(folder, "log"))
		cmd := emulator(t, []string{"-net", "none", "-v", folder + ":/data", volume, "--", "log"})
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(cmd); err != nil {
			t.Fatal(err)
		}
		said = -1
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if text, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "durable "); ok {
				said, _ = strconv.Atoi(text)
			}
			if said == 10+30*round {
				cmd.Process.Kill() // and what it says until then counts as well
			}
		}
		cmd.Wait()
		log, err := os.ReadFile(filepath.Join(folder, "log"))
		if err != nil || said < 10 {
			t.Fatalf("%d said to be durable, %v", said, err)
		}
		for i := range said + 1 {
			record := log[min(i*300, len(log)):min((i+1)*300, len(log))]
			if len(record) < 300 || !bytes.HasPrefix(record, []byte(strconv.Itoa(i)+" x")) || record[299] != '\n' {
				t.Fatalf("round %d: record %d of %d, which were durable, is %.20q", round, i, said, record)
			}
		}
	}
}
