package overlay_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"yolk/boot/build"
	"yolk/boot/overlay"
)

const gvisor = "gvisor.dev/gvisor"

// fixes are programs that show defects of gVisor, and what they say of them.
var fixes = map[string][]string{
	"window":     {"is ignored"},
	"congestion": {"in the queue of a congested link"},
	"repeated":   {"the copy of a SYN has another answer"},
	"flood":      {"makes no cookies for others"},
	"again":      {"for which there is no memory"},
	"requeue":    {"while a connection was locked"},
	"crawl":      {"timeouts to send again what was lost"},
	"blocks":     {"what came twice is not told"},
	"budget":     {"datagrams that nobody reads"},
	"answers":    {"segments without data"},
	"halfopen":   {"a connection is half open after"},
	"delay":      {"was acknowledged at once"},
	"probe":      {"was sent again after 5 ms"},
	"deferral":   {"segments for a megabyte"},
	"burst":      {"is not handled at its end"},
	"flow":       {"takes the long way"},
	"short":      {"nothing is sent the short way"},
	"source":     {"comes from"},
	"local":      {"is not connected when connect returns", "is not received when the write returns"},
	"timers":     {"functions had a new goroutine", "goroutines for"},
	"emptied":    {"the table of"},
	"cost":       {"time of the clock takes", "a header takes", "a view of 64 KiB takes"},
	"network": {"20 ms, half of the packets up to 1 ms later: 0.", "1 ms, all packets up to 3 ms later: 0.",
		"40 ms, a fifth up to 30 ms later: 0.", "100 ms, a line with a short queue: 0.", "2 ms, loss of 10 %: 0.", "the same in large segments: 0.", "the same on a line of 100 MB/s: 0.", "20 ms, up to 20 ms of it without a packet: "},
}

// TestFixes: gVisor's defects are there, each shown by a program, and mended.
func TestFixes(t *testing.T) {
	dir := t.TempDir()
	as, mended := filepath.Join(dir, "as it is"), filepath.Join(dir, "mended")
	compile(t, as)
	compile(t, mended, withEdits(t, dir)...)
	for program, complaints := range fixes {
		t.Run(program+"/as it is", func(t *testing.T) {
			t.Parallel()
			out, err := run(filepath.Join(as, program))
			for _, complaint := range complaints {
				if err == nil || !strings.Contains(out, complaint) {
					t.Errorf("gVisor has changed (%v): look whether it needs the edit still; not said: %s\n%s", err, complaint, out)
				}
			}
		})
		t.Run(program+"/mended", func(t *testing.T) {
			t.Parallel()
			if out, err := run(filepath.Join(mended, program)); err != nil {
				t.Errorf("with the edits: %v\n%s", err, out)
			}
		})
	}
}

// compile puts the programs into a folder, without what only debuggers read.
func compile(t *testing.T, dir string, flags ...string) {
	args := append([]string{"build", "-ldflags=-s -w", "-o", dir + "/"}, flags...)
	for program := range fixes {
		args = append(args, "./testdata/"+program)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// withEdits returns the flags that build with a gVisor which is mended. Its source
// has the same name each time, which the go command's cache goes by: a link in
// Yolk's cache, since the module cache is closed to overlays.
func withEdits(t *testing.T, dir string) []string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}} {{.Version}}", gvisor).Output()
	source, version, found := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !found {
		t.Fatalf("no source of gVisor: %v, %s", err, out)
	}
	cache, err := build.Cache()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(cache, "link", gvisor+"@"+version)
	os.MkdirAll(filepath.Dir(link), 0o755)
	if err := os.Symlink(source, link); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil || os.WriteFile(filepath.Join(dir, name), text, 0o644) != nil {
			t.Fatal(err)
		}
	}
	mod := filepath.Join(dir, "go.mod")
	if out, err := exec.Command("go", "mod", "edit", "-replace", gvisor+"="+link, mod).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, m := range overlay.Modules {
		if m.Path != gvisor {
			continue
		}
		changes, _, err := m.Change(link, dir, true)
		if err != nil {
			t.Fatal(err)
		}
		list, err := changes.Write(dir)
		if err != nil {
			t.Fatal(err)
		}
		return []string{"-modfile", mod, "-overlay", list}
	}
	t.Fatal("gVisor is not among the modules that are changed")
	return nil
}

// run runs a program, for a minute at most.
func run(program string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // shows where it hangs
	out, err := cmd.CombinedOutput()
	return string(out), err
}
