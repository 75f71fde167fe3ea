//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"yolk/boot/child"
)

// images are those that tests boot often, each a func() (string, error) that builds it the
// first time, by the flags and the program.
var images sync.Map

// imageFolder has them until all tests have ended.
var imageFolder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "yolk-e2e-") })

func TestMain(m *testing.M) {
	status := m.Run()
	if dir, err := imageFolder(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(status)
}

// image builds a program with flags of yolk build, once for all tests, and returns what
// yolk run boots: to find out that nothing has changed takes as long as a machine that
// prints a word.
func image(t *testing.T, program string, flags ...string) string {
	t.Helper()
	args := append(flags, program)
	build, _ := images.LoadOrStore(strings.Join(args, " "), sync.OnceValues(func() (string, error) {
		return buildImage(args)
	}))
	file, err := build.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func buildImage(args []string) (string, error) {
	all, err := imageFolder()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(all, "")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(os.Getenv("YOLK"), append([]string{"build", "-q", "-o", folder}, args...)...)
	if out, err := child.Output(cmd); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.yolk"))
	if len(found) != 1 {
		return "", fmt.Errorf("%v: %d images, %v", cmd, len(found), err)
	}
	return found[0], nil
}

// image is a program's for the machine.
func (m machine) image(t *testing.T, program string, flags ...string) string {
	t.Helper()
	return image(t, program, append([]string{"-plat", m.Name, "-arch", m.Arch}, flags...)...)
}
