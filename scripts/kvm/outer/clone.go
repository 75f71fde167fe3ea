//go:build linux

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"yolk/scripts/bench/starts"
	"yolk/scripts/kvm/task"
)

// cloneRounds is how often each way to start a machine is gone, in turn.
const cloneRounds = 5

// A way is one to start a machine.
type way struct {
	name  string
	start starts.System
	made  []time.Duration // until the emulator had made the machine
	took  []time.Duration // until the first answer
	left  []int           // how often the machine had left the guest by then
	pages []int           // of that for memory that it used for the first time
}

// clone starts the emulator alone, machines that go on from a snapshot, and some from cold,
// and says how soon they answered.
func clone(t task.Task) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), task.Patience)
	defer cancel()
	folder, err := os.MkdirTemp("/", "snapshot")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	var said bytes.Buffer
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, said.String())
		}
	}()
	cold := starts.System{Config: t.Machine, Port: t.Port, Ask: question(t), Out: &said}
	saved, _, err := cold.Save(ctx, folder)
	if err != nil {
		return err
	}
	if err := memoryApart(folder); err != nil {
		return err
	}
	alone := starts.System{Config: t.Machine, Port: t.Port}
	alone.Config.Extra = []string{"-S"}
	ways := []*way{{name: "the emulator alone", start: alone}, {name: "from a snapshot", start: saved}, {name: "from cold", start: cold}}
	for range cloneRounds {
		for _, w := range ways {
			if err := w.again(ctx); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	for _, w := range ways {
		fmt.Printf("kvm: %s, %s: made after %.1f ms, the first answer after %.1f; it left the guest %d times until then, %d for memory that it had not used\n",
			t.Name, w.name, ms(middle(w.made)), ms(middle(w.took)), middle(w.left), middle(w.pages))
	}
	fmt.Printf("kvm: %s: ok, a machine from a snapshot answers %.1f ms after the emulator alone has made one\n", t.Name, ms(middle(ways[1].took)-middle(ways[0].made)))
	return nil
}

// stateLimit is more than the state of a machine's devices has, and less than of its memory.
const stateLimit = 1 << 20

// memoryApart tells whether the state that each machine from a snapshot loads is without the
// memory, which they share: what QEMU takes for a file that can be shared has changed.
func memoryApart(folder string) error {
	files, err := os.ReadDir(folder)
	for _, f := range files {
		st, e := f.Info()
		if e == nil && f.Name() != "memory" && st.Size() > stateLimit {
			e = fmt.Errorf("the snapshot's %s has %d bytes: the memory is in it", f.Name(), st.Size())
		}
		err = errors.Join(err, e)
	}
	return err
}

// middle is the median.
func middle[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// again starts a machine and ends it.
func (w *way) again(ctx context.Context) error {
	left, pages := allExits.count(), memoryExits.count()
	m, err := w.start.Start(ctx)
	if err != nil {
		return err
	}
	w.made, w.took = append(w.made, m.Made), append(w.took, m.First)
	w.left, w.pages = append(w.left, allExits.count()-left), append(w.pages, memoryExits.count()-pages)
	m.Quit()
	return nil
}

// question has a machine answer as the task says.
func question(t task.Task) func(net.Conn) error {
	return func(c net.Conn) error {
		if _, err := io.WriteString(c, t.Request); err != nil {
			return err
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err == nil && !strings.HasPrefix(line, t.Want) {
			err = fmt.Errorf("the answer begins with %q", line)
		}
		return err
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
