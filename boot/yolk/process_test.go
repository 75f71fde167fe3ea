package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"yolk/boot/mountns"
)

// TestProcess: a process has of a yolk.yaml what the machine would have: bounds, addresses,
// environment, files, folders and arguments; what it cannot have is said. It ends with the
// program's status.
func TestProcess(t *testing.T) {
	dir := program(t)
	source := `package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	packed, _ := os.ReadFile("/yolk-site/page")
	shared, _ := os.ReadFile("/yolk-data/page")
	fmt.Println(debug.SetMemoryLimit(-1), runtime.GOMAXPROCS(0), os.Getenv("COLOUR"), os.Getenv("YOLK_OPTIONS"), string(packed), string(shared), os.Args[1:])
	if os.WriteFile("/yolk-site/page", nil, 0o644) != nil || os.WriteFile("/yolk-data/page", nil, 0o644) == nil {
		os.Exit(1)
	}
	os.Exit(3)
}
`
	page := filepath.Join(dir, "site", "page")
	for name, text := range map[string]string{filepath.Join(dir, "main.go"): source, page: "page"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "plat: linuxu\nmemory: 100M\ncpus: 1\nenv: {COLOUR: green}\nopt: {hostname: egg, sched: coop}\n"+
		"files: \"site:/yolk-site\"\nvolumes: \"site:/yolk-data:ro\"\np: \"8080:80\"\nlog: debug\nstatus: \":9100\"\n")
	out, complaint, status := yolk(t, "run", dir, "--", "an argument")
	if strings.Contains(complaint, mountns.ErrNot.Error()) {
		t.Skip(complaint)
	}
	if want := "94371840 1 green hostname=egg page page [an argument]\n"; out != want || status != 3 {
		t.Errorf("status %d, %q, want %q; %s", status, out, want, complaint)
	}
	for _, want := range []string{
		"p of yolk.yaml is for a machine: a process listens on this computer itself", "log of yolk.yaml is for a machine",
		"status of yolk.yaml is for a machine", "-opt sched=coop is for a machine",
	} {
		if !strings.Contains(complaint, want) {
			t.Errorf("it is not said that %s:\n%s", want, complaint)
		}
	}
	if text, err := os.ReadFile(page); string(text) != "page" || err != nil {
		t.Errorf("the file that was packed is %q, %v", text, err)
	}
}
