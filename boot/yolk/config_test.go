package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write the schemas in boot/config anew")

// TestSchema: what is published is what the flags say. With -update it is written.
func TestSchema(t *testing.T) {
	const published = "../config/yolk.schema.json"
	out, _, status := yolk(t, "config", "schema")
	if *update {
		os.WriteFile(published, []byte(out), 0o644)
	}
	if want, err := os.ReadFile(published); err != nil || out != string(want) || status != 0 {
		t.Errorf("%v: go test ./boot/yolk -run TestSchema -update", err)
	}
	const fleet = "../config/fleet.schema.json"
	var b bytes.Buffer
	if err := printJSON(&b, fleetSchema()); err != nil {
		t.Fatal(err)
	}
	if *update {
		os.WriteFile(fleet, b.Bytes(), 0o644)
	}
	if want, err := os.ReadFile(fleet); err != nil || b.String() != string(want) {
		t.Errorf("%v: go test ./boot/yolk -run TestSchema -update", err)
	}
	var s struct {
		Properties map[string]struct{ Enum []string }
	}
	if err := json.NewDecoder(bytes.NewBufferString(out)).Decode(&s); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"plat", "memory", "opt", "files", "log"} {
		if _, ok := s.Properties[key]; !ok {
			t.Errorf("no %s", key)
		}
	}
	for _, key := range notKeys {
		if _, ok := s.Properties[key]; ok {
			t.Errorf("%s is a key", key)
		}
	}
	if got := strings.Join(s.Properties["plat"].Enum, " "); got != "kvm linuxu rpi3" {
		t.Errorf("plat takes %s", got)
	}
}

// write puts a yolk.yaml beside a program.
func write(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "yolk.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestWrongSettings: file, line, reason and remedy.
func TestWrongSettings(t *testing.T) {
	dir := program(t)
	for text, want := range map[string]string{
		"memory: 64M\nmemroy: 1G\n":      "yolk.yaml:2: memroy: there is no such key; did you mean memory?",
		"json: true\n":                   "yolk.yaml:1: json: there is no such key",
		"memory: lots\n":                 `yolk.yaml:1: memory: memory size "lots" is not like 64M or 1G`,
		"memory: [1M, 2M]\n":             "yolk.yaml:1: memory takes one value",
		"cpus: two\n":                    `yolk.yaml:1: cpus: "two" is not a number`,
		"cpus: 0\n":                      "yolk.yaml:1: cpus: 0: a machine has one processor at least",
		"untested-go: perhaps\n":         `yolk.yaml:1: untested-go: "perhaps" is not true or false`,
		"grace: soon\n":                  `yolk.yaml:1: grace: "soon" is not a time`,
		"plat: zx81\n":                   `yolk.yaml:1: plat: "zx81" is none of kvm, linuxu, rpi3`,
		"log: loud\n":                    `yolk.yaml:1: log: log=loud: log= takes error, warn, info or debug for all, and after a comma LIBRARY=LEVEL`,
		"p:\n  - 80:80\n  - x\n":         `yolk.yaml:3: p: port forward "x" is not`,
		"net: wifi\n":                    `yolk.yaml:1: net: network "wifi" is none of`,
		"opt:\n  shed: coop\n":           "yolk.yaml:2: opt: -opt shed=coop: the kernel has no option shed; it has",
		"opt:\n  sched: fair\n":          "yolk.yaml:2: opt: sched=fair: sched= takes preempt or coop",
		"opt:\n  alloc: bump\n  gw: r\n": "yolk.yaml:3: opt: gw=r cannot be used: it takes the address of a router",
		"env:\n  \"\": x\n":              "yolk.yaml:2: env: -env =x: the variable has no name",
		"files: missing\n":               "yolk.yaml:1: files: stat ",
		"- memory\n":                     "yolk.yaml:1: it is not a mapping",
	} {
		write(t, dir, text)
		out, complaint, status := yolk(t, "run", dir)
		if status != exitFailure || out != "" || !strings.HasPrefix(complaint, "yolk: "+dir+"/yolk.yaml:") || !strings.Contains(complaint, want) {
			t.Errorf("%q: status %d, %q\nwant %s", text, status, complaint, want)
		}
	}
}

// TestSettings: a flag comes before yolk.yaml, which comes before the default, and paths
// are from the file's folder.
func TestSettings(t *testing.T) {
	dir := program(t)
	write(t, dir, "memory: 64M\np: \"8080:80\"\nfiles: [., \"main.go:/etc/\"]\nopt: {sched: coop}\nenv: {A: b c}\n")
	out, complaint, status := yolk(t, "run", "-q", "-n", "-accel", "tcg", "-p", "9090:90", dir)
	for _, s := range []string{"-m 65536k", "hostfwd=tcp:127.0.0.1:9090-:90 ", `"env=A=b c" sched=coop`} {
		if status != 0 || !strings.Contains(out, s) {
			t.Errorf("status %d, no %q in %s%s", status, s, out, complaint)
		}
	}
	var all []shownKey
	out, _, _ = yolk(t, "config", "show", "-json", "-cpus", "2", dir)
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, k := range all {
		got[k.Key] = strings.Join(k.Values, " ") + " " + strings.TrimPrefix(k.From, dir+"/")
	}
	for key, want := range map[string]string{
		"memory": "64M yolk.yaml:1", "cpus": "2 flag", "plat": "kvm default", "p": "8080:80 yolk.yaml:2",
		"files": dir + ":/ " + dir + "/main.go:/etc/ yolk.yaml:3", "opt": "sched=coop yolk.yaml:4",
	} {
		if got[key] != want {
			t.Errorf("%s: %q, want %q", key, got[key], want)
		}
	}
	out, complaint, status = yolk(t, "run", "-n", "-plat", "linuxu", "-q", dir) // which ignores what is for a machine
	if status != 0 || !strings.Contains(out, "nothing") {
		t.Errorf("linuxu: %d, %q, %q", status, out, complaint)
	}
	if _, complaint, status := yolk(t, "run", "-n", "-plat", "rpi3", "-q", dir); status != 0 {
		t.Errorf("rpi3: %d, %q", status, complaint)
	}
}

func TestConfigSet(t *testing.T) {
	dir := program(t)
	write(t, dir, "# mine\nmemory: 64M\ncpus: 2\n")
	for _, c := range []struct{ args, want string }{
		{"memory=1G cpus= p=80:80 p=443:443", ""},
		{"opt=sched=coop", ""},
		{"memory=lots", `memory: memory size "lots"`},
		{"memroy=1G", "memroy: there is no such key; did you mean memory?"},
		{"memroy=", "memroy: there is no such key"},
		{"memory=1G memory=2G", "memory takes one value"},
		{"memory", "memory is neither KEY=VALUE nor a package's folder"},
		{"memory nonsense=1", "memory is not KEY=VALUE"},
	} {
		args := append([]string{"config", "set"}, strings.Fields(c.args)...)
		if c.args != "memory" {
			args = append(args, dir)
		}
		_, complaint, status := yolk(t, args...)
		if (status == 0) != (c.want == "") || !strings.Contains(complaint, c.want) || status > 0 && status != exitUsage {
			t.Errorf("%s: status %d, %q", c.args, status, complaint)
		}
	}
	got, _ := os.ReadFile(filepath.Join(dir, "yolk.yaml"))
	if want := "# mine\nmemory: 1G\np: ['80:80', '443:443']\nopt: [sched=coop]\n"; string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestTestSettings: each package that yolk test is given has its own yolk.yaml, behind what
// the command line says.
func TestTestSettings(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	write(t, one, "memory: 96M\ncpus: 4\nenv: {A: file}\n")
	write(t, two, "machine: q35\n")
	var f testRun
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.add(flags)
	if err := flags.Parse([]string{"--cpus=2", "--qemu=-s", "--qemu=-S"}); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]machineFlags{
		one: {memory: "96M", cpus: 2, kernelFlags: kernelFlags{env: []string{"A=file"}}},
		two: {memory: "512M", cpus: 2, machine: "q35"},
	} {
		own, err := f.of(flags, folder)
		if err != nil || own.m.memory != want.memory || own.m.cpus != want.cpus || own.m.machine != want.machine || !slices.Equal(own.m.env, want.env) || strings.Join(own.m.qemu, " ") != "-s -S" || own.flags.timeout != 10*time.Minute {
			t.Errorf("%v, %+v", err, own)
		}
	}
	write(t, two, "memory: lots\n")
	if _, err := f.of(flags, two); err == nil || !strings.Contains(err.Error(), "yolk.yaml:1: memory") {
		t.Error(err)
	}
}
