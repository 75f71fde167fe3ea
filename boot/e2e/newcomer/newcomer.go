// Package newcomer goes the way of somebody who has just installed the yolk command, in
// an empty home directory: begin a web server, change it, run it, ask it, look into it,
// package it. A test does, and scripts/newcomer, which shows in README.md what came out.
//
// It may import nothing of Yolk.
package newcomer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
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
	ask       = "curl -s http://127.0.0.1:%d/"
	debug     = "yolk debug -batch -ex 'info goroutines' ."
	packaging = "yolk package -format qcow2 -o disk ."
)

// Walk goes all of the way. The error names the step that failed, and has its output.
func (p *Path) Walk(ctx context.Context) (steps []Step, err error) {
	do := func(folder, command string) {
		if err != nil {
			return
		}
		begun, out := time.Now(), []byte(nil)
		if out, err = p.command(ctx, folder, command).CombinedOutput(); err != nil {
			err = fmt.Errorf("%s: %w\n%s", command, err, out)
		}
		steps = append(steps, Step{command, string(out), time.Since(begun)})
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

// command is one in a shell, in a folder of the home directory.
func (p *Path) command(ctx context.Context, folder, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = filepath.Join(p.Home, folder)
	cmd.Env = append(append(os.Environ(), "HOME="+p.Home, "PATH="+filepath.Dir(p.Yolk)+":"+os.Getenv("PATH")), p.Env...)
	return cmd
}

// serve runs the server until it has been asked.
func (p *Path) serve(ctx context.Context, steps []Step) ([]Step, error) {
	line := fmt.Sprintf(run, p.Port)
	cmd := p.command(ctx, "hello", "exec "+line)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return steps, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	answer, err := p.ask(ctx, ended)
	steps = append(steps, Step{Command: line, Took: time.Since(begun)}, Step{Command: fmt.Sprintf(ask, p.Port), Output: answer})
	cmd.Process.Signal(syscall.SIGINT)
	if left := <-ended; err == nil && cmd.ProcessState.ExitCode() != 130 {
		err = fmt.Errorf("Ctrl-C: %v", left)
	}
	steps[len(steps)-2].Output = said.String()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", line, err, said.String())
	}
	return steps, err
}

// ask asks until there is an answer.
func (p *Path) ask(ctx context.Context, ended chan error) (answer string, err error) {
	for {
		out, err := p.command(ctx, ".", fmt.Sprintf(ask, p.Port)).Output()
		if err == nil {
			return string(out), nil
		}
		select {
		case err := <-ended:
			ended <- err
			return "", errors.Join(io.ErrUnexpectedEOF, err)
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
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
