// Package newcomer goes the way of somebody who has just installed the yolk command, in
// an empty home directory: begin a web server, change it, run it, ask it, look into it,
// package it. A test does, and scripts/newcomer, which shows in README.md what came out.
//
// It may import nothing of Yolk.
package newcomer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A Step is a command, and what it said.
type Step struct {
	Command string
	Output  string
	Took    time.Duration
}

// A Path is where to go, and with what.
type Path struct {
	Home string   // an empty folder
	Yolk string   // the command
	Port int      // of this computer, which leads to the server
	Env  []string // of the commands, beside HOME and PATH
}

// commands are the steps but the server, which runs while it is asked.
const (
	begin     = "yolk new server hello && cd hello"
	edit      = "sed -i 's/Hello from/Ada greets from/' main.go"
	run       = "yolk run -p %d:8080 ."
	ask       = "curl -s http://127.0.0.1:%d/  # in another terminal"
	debug     = "yolk debug -batch -ex 'info goroutines' ."
	packaging = "yolk package -format qcow2 -o disk ."
)

// Walk goes all of the way. The error names the step that failed, and has its output.
func (p *Path) Walk(ctx context.Context) (steps []Step, err error) {
	do := func(folder, command string) {
		if err == nil {
			steps, err = p.step(ctx, steps, folder, command)
		}
	}
	do(".", begin)
	do("hello", edit)
	if err == nil {
		steps, err = p.serve(ctx, steps)
	}
	do("hello", debug)
	do("hello", packaging)
	return steps, err
}

// step runs a command on a terminal to its end.
func (p *Path) step(ctx context.Context, steps []Step, folder, command string) ([]Step, error) {
	begun, cmd := time.Now(), p.command(ctx, folder, command)
	keys, err := startOn(cmd)
	if err != nil {
		return steps, err
	}
	defer keys.Close()
	out, _ := io.ReadAll(keys) // which fails when the command has ended
	if err = cmd.Wait(); err != nil {
		err = fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return append(steps, Step{command, onScreen(string(out)), time.Since(begun)}), err
}

// command is one in a shell, in a folder of the home directory.
func (p *Path) command(ctx context.Context, folder, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = filepath.Join(p.Home, folder)
	cmd.Env = append(append(os.Environ(), "HOME="+p.Home, "PATH="+filepath.Dir(p.Yolk)+":"+os.Getenv("PATH"), "TERM=dumb"), p.Env...)
	return cmd
}

// serve runs the server on a terminal until it has been asked, in another: when it has said
// where it answers. What it says when it is ended is left out.
func (p *Path) serve(ctx context.Context, steps []Step) ([]Step, error) {
	line := fmt.Sprintf(run, p.Port)
	cmd := p.command(ctx, "hello", "exec "+line)
	begun := time.Now()
	keys, err := startOn(cmd)
	if err != nil {
		return steps, err
	}
	defer keys.Close()
	said, screen := "", bufio.NewReader(keys)
	for err == nil && !strings.Contains(said, "answers") {
		var more string
		more, err = screen.ReadString('\n')
		said += more
	}
	steps = append(steps, Step{line, onScreen(said), time.Since(begun)})
	if err == nil {
		steps, err = p.step(ctx, steps, "hello", fmt.Sprintf(ask, p.Port))
	}
	io.WriteString(keys, interrupt)
	rest, _ := io.ReadAll(screen)
	if left := cmd.Wait(); err == nil && cmd.ProcessState.ExitCode() != 130 {
		err = fmt.Errorf("Ctrl-C: %v", left)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", line, err, said, rest)
	}
	return steps, err
}

// Lines are what a terminal would have shown.
func Lines(steps []Step) (lines []string) {
	for _, s := range steps {
		lines = append(lines, "$ "+s.Command)
		if out := strings.TrimRight(s.Output, "\n"); out != "" {
			lines = append(lines, strings.Split(out, "\n")...)
		}
	}
	return lines
}
