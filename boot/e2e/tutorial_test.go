//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTutorial types the lines behind a $ of the network function's tutorial, in one shell,
// and looks for what the tutorial says they answer.
func TestTutorial(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../apps/ping/TUTORIAL.md")
	if err != nil {
		t.Fatal(err)
	}
	tap(t) // of its network namespace only the namespace is wanted
	if out, err := exec.Command("ip", "link", "delete", "tap0").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var script strings.Builder
	var commands []string
	want := map[int][]string{}
	for line := range strings.Lines(string(text)) {
		line, code := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		command, typed := strings.CutPrefix(line, "$ ")
		switch n := len(commands); {
		case !code || line == "":
			commands = append(commands, "") // between blocks nothing is an answer
		case typed:
			commands = append(commands, command)
			script.WriteString("echo '" + mark + "'\n" + command + "\n")
		case n > 0 && commands[n-1] != "":
			want[n-1] = append(want[n-1], line)
		}
	}
	yolk, err := filepath.Abs(os.Getenv("YOLK"))
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("bash", "-e", "-c", "exec 2>&1\n"+script.String())
	shell.Dir, shell.Env = t.TempDir(), append(os.Environ(), "PATH="+filepath.Dir(yolk)+":"+os.Getenv("PATH"))
	out, _, status := finish(t, here(shell))
	if status != 0 {
		t.Fatalf("status %d\n%s", status, out)
	}
	answers := strings.Split(out, mark+"\n")[1:]
	for i, command := range commands {
		if command == "" {
			continue
		}
		for _, line := range want[i] {
			if !strings.Contains(answers[0], line) {
				t.Errorf("%s: no %q in\n%s", command, line, answers[0])
			}
		}
		answers = answers[1:]
	}
	if len(answers) > 0 || len(want) < 5 {
		t.Errorf("%d commands more, %d have an answer", len(answers), len(want))
	}
}

// mark is what the shell prints before each command.
const mark = "--- next ---"
