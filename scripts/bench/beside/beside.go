// Package beside runs the same program on Yolk and on a Linux guest in turn, and prints
// what figures it says of itself as a table. It imports of Yolk what starts machines.
package beside

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"yolk/boot/child"
	"yolk/boot/qemu"
)

var errProgram = errors.New("the guest ended before its program did")

// A System is one of those that are compared.
type System struct {
	Name    string
	Config  qemu.Config
	figures map[string][]float64
}

// Measure runs each system so often, and writes a table of the medians to w, with the least
// and the most, in the order in which the program says them.
func Measure(ctx context.Context, w io.Writer, yolk, linux *System, rounds int) (err error) {
	var order []string
	for range rounds {
		for _, s := range []*System{yolk, linux} {
			if order, err = s.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	fmt.Fprintf(w, "| | %s | %s | %[1]s / %[2]s |\n|---|---|---|---|\n", yolk.Name, linux.Name)
	for _, name := range order {
		a, b := yolk.figures[name], linux.figures[name]
		fmt.Fprintf(w, "| %s | %s | %s | %.2f |\n", name, figure(a), figure(b), median(a)/median(b))
	}
	return nil
}

// run runs the program once, until it says "end", and returns the names of its figures:
// of lines such as `figure writes a second = 5`.
func (s *System) run(ctx context.Context) (order []string, err error) {
	cmd := exec.CommandContext(ctx, s.Config.Program(), s.Config.Args()...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(cmd); err != nil {
		return nil, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if s.figures == nil {
		s.figures = map[string][]float64{}
	}
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		said = append(said, line)
		if line == "end" {
			return order, nil
		}
		var v float64
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "figure "), " = ")
		if _, err := fmt.Sscan(value, &v); ok && err == nil {
			order = append(order, name)
			s.figures[name] = append(s.figures[name], v)
			fmt.Fprintf(os.Stderr, "%s: %s %.0f\n", s.Name, name, v)
		}
	}
	return nil, fmt.Errorf("%w; it said %q", errProgram, said[max(0, len(said)-40):])
}

// figure is the median, and the least and the most of several.
func figure(v []float64) string {
	text := fmt.Sprintf("%.0f", median(v))
	if len(v) > 1 {
		text += fmt.Sprintf(" (%.0f-%.0f)", slices.Min(v), slices.Max(v))
	}
	return text
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}
