package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"yolk/boot/child"
	"yolk/boot/qemu"
)

// A meter builds and boots compositions, by the yolk command.
type meter struct {
	ctx  context.Context
	yolk string
	root string // of the module, where it works
	dir  string // for what it makes
}

// command is one of yolk's for c.
func (m *meter) command(ctx context.Context, verb string, c composition, flags ...string) *exec.Cmd {
	args := slices.Concat([]string{verb}, flags, c.flags, []string{"./" + c.dir})
	if verb == "run" {
		args = slices.Concat(args, []string{"--"}, c.args)
	}
	cmd := exec.CommandContext(ctx, m.yolk, args...)
	cmd.Dir = m.root
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// bytes builds c and returns how large the image is, or of a process what of it is loaded.
func (m *meter) bytes(c composition) (int64, error) {
	if c.linux {
		name := filepath.Join(m.dir, "process")
		cmd := exec.CommandContext(m.ctx, "go", "build", "-ldflags", "-s -w -funcalign=8", "-o", name, "./"+c.dir)
		cmd.Dir, cmd.Stderr = m.root, os.Stderr
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
		if err := cmd.Run(); err != nil {
			return 0, err
		}
		st, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		return st.Size(), nil
	}
	cmd := m.command(m.ctx, "build", composition{dir: c.dir, flags: buildFlags(c.flags)}, "-json", "-o", filepath.Join(m.dir, "image.yolk"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	var built struct{ Bytes int64 }
	return built.Bytes, json.Unmarshal(out, &built)
}

// buildFlags are those of yolk run as yolk build has them: an image is built for a side
// channel or for folders, and has no card yet.
func buildFlags(run []string) (build []string) {
	for i := 0; i < len(run); i += 2 {
		switch run[i] {
		case "-side":
			build = append(build, "-side")
		case "-v":
			build = append(build, "-volumes")
		case "-net":
		default:
			build = append(build, run[i], run[i+1])
		}
	}
	return build
}

// A start is how many instructions a boot took: all until the program was up, its network
// included, and those of the kernel before the program.
type start struct{ all, kernel int64 }

// row is one of the timeline's: instructions, whose they are, and the phase.
var row = regexp.MustCompile(`(?m)^ *[0-9.]+ ms(?: +[0-9.]+ ms)?  +([0-9\x{202f}]+)  +(?:(emulator|kernel|Go runtime|program): )?(.*)$`)

// boots is how often each composition is started. What an interrupt or a random address
// adds now and then is some ten thousand instructions: the least counts.
const boots = 3

// start boots c and counts.
func (m *meter) start(c composition) (least start, err error) {
	for range boots {
		s, err := m.boot(c)
		if err != nil {
			return s, err
		}
		if least.all == 0 || s.all < least.all {
			least = s
		}
	}
	return least, nil
}

func (m *meter) boot(c composition) (s start, err error) {
	file := filepath.Join(m.dir, "timeline.txt")
	os.Remove(file)
	ctx, cancel := context.WithTimeout(m.ctx, 2*time.Minute)
	defer cancel()
	cmd := m.command(ctx, "run", c, "-q", "-timeline", file)
	ended, err := m.begin(cmd)
	if err != nil {
		return s, err
	}
	for over := false; !over; {
		select {
		case <-ended:
			over = true
		case <-time.After(100 * time.Millisecond):
			if _, err := os.Stat(file); err == nil {
				cancel()
				<-ended
				over = true
			}
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return s, fmt.Errorf("%v: %w", cmd, err)
	}
	return counted(string(text))
}

// counted reads a timeline.
func counted(text string) (s start, err error) {
	for _, r := range row.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseInt(strings.ReplaceAll(r[1], "\u202f", ""), 10, 64)
		if err != nil {
			return s, err
		}
		switch r[2] {
		case "": // the end
			s.all = n
		case "kernel":
			if r[3] != "network comes up" {
				s.kernel += n
			}
		}
	}
	if s.all == 0 || s.kernel == 0 {
		return s, fmt.Errorf("not a timeline with instructions:\n%s", text)
	}
	return s, nil
}

// begin starts a command of yolk's; the channel is closed when it has ended.
func (m *meter) begin(cmd *exec.Cmd) (ended <-chan struct{}, err error) {
	if err := child.Start(cmd); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		cmd.Wait()
		close(done)
	}()
	return done, nil
}

// memory finds how many whole MiB a program needs to do its work.
func (m *meter) memory(p program) (int64, error) {
	low, high := int64(1), int64(64) // MiB: not enough, enough
	if err := m.works(p, high); err != nil {
		return 0, fmt.Errorf("%s with %d MiB: %w", p.name, high, err)
	}
	for high-low > 1 {
		if mid := (low + high) / 2; m.works(p, mid) == nil {
			high = mid
		} else {
			low = mid
		}
	}
	return high, m.ctx.Err()
}

// works has a program do its work once, with so many MiB.
func (m *meter) works(p program, mib int64) error {
	ctx, cancel := context.WithTimeout(m.ctx, 30*time.Second)
	defer cancel()
	flags := []string{"-q", "-memory", fmt.Sprint(mib, "M")}
	var port uint16
	if p.works != nil {
		var err error
		if port, err = qemu.FreePort("tcp"); err != nil {
			return err
		}
		flags = append(flags, "-p", fmt.Sprintf("%d:%s", port, p.port))
	}
	cmd := m.command(ctx, "run", p.composition, flags...)
	seen := &watcher{want: p.ready, found: make(chan struct{})}
	cmd.Stdout = seen
	ended, err := m.begin(cmd)
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		<-ended
	}()
	select {
	case <-seen.found:
	case <-ended:
		select {
		case <-seen.found:
		default:
			return errors.New("the machine ended before")
		}
	}
	if p.works == nil {
		return nil
	}
	for err = p.works(port); err != nil; err = p.works(port) {
		select {
		case <-ended:
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}

// A watcher looks for a text in what is written to it.
type watcher struct {
	want  string
	text  bytes.Buffer
	found chan struct{}
	done  bool
}

func (w *watcher) Write(p []byte) (int, error) {
	w.text.Write(p)
	if !w.done && strings.Contains(w.text.String(), w.want) {
		w.done = true
		close(w.found)
	}
	return len(p), nil
}
