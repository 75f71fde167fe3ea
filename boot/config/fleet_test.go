package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func fleetFile(t *testing.T, text string) (*Fleet, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), FleetName)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return ReadFleet(path)
}

// TestReadFleet: machines come after those that they wait for.
func TestReadFleet(t *testing.T) {
	f, err := fleetFile(t, "machines:\n  web:\n    package: ./web\n    after: [db, cache]\n    args: [-v, 1]\n    p: [\"8080:80\"]\n  db:\n    package: ./db\n    ready: 5432\n  cache: {package: ./cache, after: db}\n")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range f.Machines {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "db cache web" {
		t.Errorf("the order is %s", got)
	}
	web := f.Machines[2]
	if web.Package != "./web" || strings.Join(web.Args, " ") != "-v 1" || len(web.Settings) != 1 || web.Settings[0].Key != "p" || f.Machines[0].Ready != "5432" {
		t.Errorf("%+v", f.Machines)
	}
}

// TestWrongFleet: each with its line.
func TestWrongFleet(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   ":1: it has one key, machines,",
		"machines: [a]\n":                    ":1: it has one key, machines,",
		"machines: {}\nmore: 1\n":            ":1: it has one key, machines,",
		"machines:\n  a: 1\n":                ":2: a takes a mapping",
		"machines:\n  a:\n    memory: 64M\n": ":2: a has no package",
		"machines:\n  a: {package: x, after: b}\n":                                ":2: a comes after b, which there is not",
		"machines:\n  a: {package: x, after: b}\n  b: {package: x, after: [a]}\n": ":2: a waits, by after, for one that waits for it",
		"machines:\n  a:\n    package: [x, y]\n":                                  ":3: package takes one value",
		"machines:\n  a:\n    package: x\n    package: y\n":                       ":4: package is there twice",
	} {
		if _, err := fleetFile(t, text); err == nil || !strings.Contains(err.Error(), FleetName+want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
