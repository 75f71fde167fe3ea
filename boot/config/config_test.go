package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), Name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const example = `# A web server.
memory: 64M # enough
p: ["8080:80", 53:53/udp]
opt:
  sched: coop # a network function
  ip: 10.0.2.15/24
`

func TestRead(t *testing.T) {
	f, err := Read(file(t, example))
	want := "[{memory [{64M 2}] 2} {p [{8080:80 3} {53:53/udp 3}] 3} {opt [{sched=coop 5} {ip=10.0.2.15/24 6}] 4}]"
	if err != nil || fmt.Sprint(f.Settings) != want {
		t.Errorf("%v, %v\nwant %s", f.Settings, err, want)
	}
	for _, text := range []string{"", "# only this\n"} {
		if f, err := Read(file(t, text)); err != nil || len(f.Settings) > 0 {
			t.Errorf("%q: %v, %v", text, f.Settings, err)
		}
	}
	if f, err := Read(filepath.Join(t.TempDir(), Name)); err != nil || len(f.Settings) > 0 {
		t.Errorf("no file: %v, %v", f, err)
	}
}

// TestReadRefuses names file, line, reason and remedy.
func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"- a\n":                      "yolk.yaml:1: it is not a mapping: write a line for each key",
		"memory: 1M\n\nmemory: 2M\n": "yolk.yaml:3: memory is there twice: keep one",
		"p:\n  - 1\n  - a: b\n":      "yolk.yaml:3: p takes a list of plain values",
		"opt:\n  sched: [a]\n":       "yolk.yaml:2: opt: sched takes a plain value",
		"a: &x 1\nb: *x\n":           "yolk.yaml:2: b refers to another place",
		"memory: \"64M\ncpus: 1\n":   "yolk.yaml: line ",
	} {
		if _, err := Read(file(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestSet changes what it shall, and keeps comments and order.
func TestSet(t *testing.T) {
	path := file(t, example)
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key    string
		values []string
		list   bool
	}{{"memory", []string{"1G"}, false}, {"p", nil, true}, {"cpus", []string{"2"}, false}, {"tags", []string{"yes"}, false}, {"net", []string{"user", "hub:1"}, true}} {
		if err := f.Set(c.key, c.values, c.list); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Write(); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	want := `# A web server.
memory: 1G # enough
opt:
  sched: coop # a network function
  ip: 10.0.2.15/24
cpus: 2
tags: "yes"
net: [user, 'hub:1']
`
	if !sameYAML(string(got), want) || !strings.Contains(string(got), "cpus: 2\n") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	again, err := Read(path)
	if err != nil || fmt.Sprint(again.Settings) != fmt.Sprint(f.Settings) {
		t.Errorf("%v, %v\nwant %v", again.Settings, err, f.Settings)
	}
	if err := f.Set("memory", nil, false); err != nil {
		t.Fatal(err)
	}
	if text, err := f.Text(); err != nil || !strings.HasPrefix(string(text), "# A web server.\nopt:") {
		t.Errorf("the first comment is lost: %s, %v", text, err)
	}
	empty, _ := Read(filepath.Join(t.TempDir(), Name))
	if err := empty.Set("memory", []string{"8M"}, false); err != nil || empty.Settings[0].Line != 1 {
		t.Errorf("%v, %v", empty.Settings, err)
	}
	if err := empty.Set("memory", nil, false); err != nil || len(empty.Settings) > 0 {
		t.Errorf("%v, %v", empty.Settings, err)
	}
	if err := empty.Set("memory", []string{"8M"}, false); err != nil || len(empty.Settings) != 1 {
		t.Errorf("%v, %v", empty.Settings, err)
	}
}

// sameYAML compares texts but for the kind of quotes, which is the library's.
func sameYAML(a, b string) bool {
	plain := strings.NewReplacer(`"`, "", "'", "")
	return plain.Replace(a) == plain.Replace(b)
}
