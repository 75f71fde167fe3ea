package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestProposals: what a shell is told, but for descriptions and the directive at the end.
func TestProposals(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"run -mach", "-machine"},
		{"run --mach", "--machine"},
		{"run -n", "-n -name -net -network"},
		{"run -p 80:80 -qemu -d -mem", "-memory"},
		{"run -plat ", "kvm linuxu rpi3"},
		{"run -arch ", "amd64 arm64"},
		{"run -machine ", "microvm q35 raspi3b virt virt-gic3"},
		{"run --machine=", "microvm q35 raspi3b virt virt-gic3"},
		{"run -arch arm64 -machine ", "raspi3b virt virt-gic3"},
		{"run -plat=kvm -arch arm64 -machine ", "virt virt-gic3"},
		{"run -accel ", "kvm tcg"},
		{"run -memory ", ""},
		{"test -log ", "error warn info debug"},
		{"flash -console ", "mini pl011"},
		{"flash -console pl011 -ar", ""},
		{"package -format ", "firecracker kubevirt libvirt nomad oci proxmox qcow2 raw"},
		{"new fun", "function"},
		{"run -q ", "yolk"}, // an ending of files
		{"build -q ", ""},
	} {
		out, _, status := yolk(t, append([]string{"__complete"}, strings.Split(c.line, " ")...)...)
		var got []string
		for line := range strings.Lines(out) {
			if word, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); word != "" && word[0] != ':' {
				got = append(got, word)
			}
		}
		if strings.Join(got, " ") != c.want || status != 0 {
			t.Errorf("%s: %q, status %d, want %q", c.line, got, status, c.want)
		}
	}
	for line, want := range map[string]string{"config set ": "\nmemory=\tmemory SIZE", "help ": "\nconfig\tshow", "help new ": "function\ta network"} {
		if out, _, _ := yolk(t, append([]string{"__complete"}, strings.Split(line, " ")...)...); !strings.Contains("\n"+out, want) {
			t.Errorf("%s: no %q in %s", line, want, out)
		}
	}
	out, _, _ := yolk(t, "__complete", "run", "-opt", "")
	if !strings.Contains(out, "\nsched=coop\twhether threads are preempted\n") || !strings.Contains(out, "\nip=\t") || strings.Contains(out, "grace=") {
		t.Error(out)
	}
}

// shells are programs that print how a shell would complete the command line $1.
var shells = map[string]string{
	"bash": `. /usr/share/bash-completion/bash_completion
. <(yolk completion bash)
COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9
COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
__start_yolk 2>/dev/null
echo "${COMPREPLY[@]}"`,
	"fish": `yolk completion fish | source
complete -C "$argv[1]"`,
	// Another zsh, on a terminal of its own, which is asked by the tabulator.
	"zsh": `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'autoload -U compinit; compinit -u -D; source <(yolk completion zsh); print READY$((1))'
zpty -r z out '*READY1*'
zpty -w -n z "$1"$'\t'
zpty -r z out "*$2*"
print -r -- "$out"`,
}

// TestShells: flags and values are completed by the shells themselves.
func TestShells(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	replace(t, "yolk", "YOLK_TEST_AS_MAIN=1 exec "+exe+` "$@"`)
	here := t.TempDir()
	for _, name := range []string{"server.yolk", "server.txt"} {
		if err := os.WriteFile(filepath.Join(here, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for shell, script := range shells {
		t.Run(shell, func(t *testing.T) {
			_, err := exec.LookPath(shell)
			if shell == "bash" && err == nil {
				_, err = os.Stat("/usr/share/bash-completion/bash_completion")
			}
			if err != nil {
				t.Skip(err, ": make setup installs it")
			}
			for _, c := range []struct{ line, want string }{
				{"yolk run -mach", "-machine"},
				{"yolk run --mach", "--machine"},
				{"yolk run -plat rpi3 -machine ras", "raspi3b"},
				{"yolk run ./ser", "server.yolk"},
			} {
				args := []string{"-c", script, shell, c.line, c.want}
				if shell == "fish" {
					args = []string{"--no-config", "-c", script, c.line}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				cmd := exec.CommandContext(ctx, shell, args...)
				cmd.Dir = here
				out, err := cmd.Output()
				if err != nil || !strings.Contains(string(out), c.want) {
					t.Errorf("%s: %q, %v, want %s", c.line, out, err, c.want)
				}
			}
		})
	}
}
