package scaffold

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNew: what is begun passes go vet and its own tests outside this repository, where
// nothing else tells the go command of Yolk.
func TestNew(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds {
		t.Run(k.Name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			if err := k.New(dir, "example.com/me/mine", root); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"vet", "./..."}, {"test", "-vet=off", "./..."}} {
				cmd := exec.Command("go", args...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
			goMod, _ := os.ReadFile(filepath.Join(dir, "go.mod"))
			if strings.Contains(string(goMod), "replace yolk => "+root) != k.imports {
				t.Errorf("%s", goMod)
			}
			files, _ := os.ReadDir(dir)
			for _, f := range files {
				text, _ := os.ReadFile(filepath.Join(dir, f.Name()))
				for _, left := range []string{"NAME", "MODULE", "package pipe", "boot/scaffold"} {
					if strings.Contains(string(text), left) {
						t.Errorf("%s has %s", f.Name(), left)
					}
				}
			}
			if err := k.New(dir, "", root); !errors.Is(err, ErrExists) {
				t.Errorf("twice: %v", err)
			}
		})
	}
}

func TestNames(t *testing.T) {
	driver, ok := Find("driver")
	if _, nothing := Find("kernel"); !ok || nothing {
		t.Fatal("Find")
	}
	for module, want := range map[string]string{"a b": "cannot be called a b", "example.com/x/My-Card": "a package cannot be called My-Card"} {
		dir := filepath.Join(t.TempDir(), "x")
		if err := driver.New(dir, module, "../.."); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", module, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: there is a folder", module)
		}
	}
}
