// Fleet measures many small machines on this computer: how soon one answers, from cold and
// from a snapshot, how many start in a second, and what memory each takes, beside a Linux
// guest with the same program and what was published of LightVM.
//
//	go run ./scripts/bench/fleet [-n 100] [-rounds 21] [-linux 10] [-journal FILE] [-json FILE] [-svg FILE]
//
// -journal keeps each figure at once; a run that was broken off goes on there.
//
// The program is apps/daytime, which LightVM was shown with. Each machine has a network and
// a port of its own, answers when it has started and when all have, and is stopped as
// by SIGTERM. Each start alone has three figures: until the first answer, the processor time
// that this took the emulator, which a busy host leaves alone, and how long a second answer
// took, for which the emulator has nothing to translate any more. Memory is what the processes of the emulator have for themselves and their
// share of the rest (PSS, proc(5), smaps_rollup). The floor is the emulator until it has
// made the same machine and starts nothing in it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/scripts/bench/journal"
	"yolk/scripts/bench/linuxguest"
	"yolk/scripts/bench/starts"
)

// A session is one run of the benchmark.
type session struct {
	ctx            context.Context
	work           string
	count, rounds  int
	linux          int   // how many Linux guests, 0 for none
	memory, debian int64 // bytes of our machines, and of Linux guests
	journal        *journal.Journal
	report         Report
}

// A Report is all that was measured.
type Report struct {
	Systems []*System
	Save    float64 // ms that a machine stood still to be saved
}

// A System is a way to start machines.
type System struct {
	Name   string
	Memory int64   // of each, bytes
	Starts []Start // of each round
	Alone  Start   // their medians
	Together
	deaf  bool // it does not end when it is asked
	slow  bool // it takes seconds, and has a fifth of the rounds
	start starts.System
}

// A Start is one of a machine alone, in ms.
type Start struct {
	First  float64 // from the emulator's start to the first answer
	CPU    float64 // of the emulator's, on all processors, until then
	Second float64 // from one connection more to its answer
}

// Together are the figures of many machines at the same time.
type Together struct {
	Machines int
	Rate     float64 // of them started a second, until each has answered
	PSS      float64 // bytes a machine
	Stop     float64 // s until all had ended
}

func main() {
	s := session{report: Report{}}
	var jsonFile, svgFile, log string
	flag.IntVar(&s.count, "n", 100, "`NUMBER` of machines at the same time")
	flag.IntVar(&s.rounds, "rounds", 21, "`NUMBER` of starts of each, in turn")
	flag.IntVar(&s.linux, "linux", 10, "`NUMBER` of Linux guests at the same time, 0 for none")
	memory := flag.Int64("memory", 16, "`MIB` of memory of a machine")
	debian := flag.Int64("linux-memory", 128, "`MIB` of memory of a Linux guest")
	flag.StringVar(&log, "journal", "", "keep each figure in `FILE` until the run ends, and go on with what is there")
	flag.StringVar(&jsonFile, "json", "", "write the figures to `FILE`")
	flag.StringVar(&svgFile, "svg", "", "draw them into `FILE`")
	flag.Parse()
	s.memory, s.debian = *memory<<20, *debian<<20
	var stop context.CancelFunc
	s.ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(log, jsonFile, svgFile); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func (s *session) run(log, jsonFile, svgFile string) (err error) {
	if s.work, err = os.MkdirTemp("/tmp", "yolk-fleet"); err != nil { // sockets want short names
		return err
	}
	defer os.RemoveAll(s.work)
	if err := s.prepare(); err != nil {
		return err
	}
	root, err := build.Root()
	if err != nil {
		return err
	}
	about := fmt.Sprintf("%s, %d of %d, %d of %d", journal.Sources(s.ctx, root), s.count, s.memory, s.linux, s.debian)
	if s.journal, err = journal.Open(log, about); err != nil {
		return err
	}
	err = s.measure()
	if err = errors.Join(err, s.journal.Close(err == nil)); err != nil {
		return err
	}
	s.report.print(os.Stdout)
	for _, f := range []struct {
		name string
		text func() ([]byte, error)
	}{
		{jsonFile, func() ([]byte, error) { return json.MarshalIndent(s.report, "", "  ") }},
		{svgFile, func() ([]byte, error) { return s.report.draw(), nil }},
	} {
		if f.name == "" {
			continue
		}
		text, err := f.text()
		if err == nil {
			err = os.WriteFile(f.name, text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// say tells what takes long.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "fleet: "+format+"\n", args...) }

// prepare builds the image, saves a machine, and makes the Linux guest.
func (s *session) prepare() error {
	root, err := build.Root()
	if err != nil {
		return err
	}
	plat, err := build.FindPlatform("kvm", "amd64")
	if err != nil {
		return err
	}
	const program = "apps/daytime"
	say("building %s", program)
	r, err := build.Build(s.ctx, build.Options{Target: filepath.Join(root, program), Platform: plat, Output: filepath.Join(s.work, "daytime.yolk")})
	if err != nil {
		return err
	}
	accel, _ := qemu.ThisHost().Choose("amd64")
	cold := qemu.Config{
		Arch: "amd64", Machine: "microvm", Accel: accel, Memory: s.memory, CPUs: 1, Kernel: r.Image, Grace: 10 * time.Second,
		Append: "ip=10.0.2.15/24 gw=10.0.2.2", Net: qemu.Net{Kind: qemu.NetUser},
	}
	idle := cold
	idle.Extra = []string{"-S"}
	from := starts.System{Config: cold, Port: daytime, Ask: tells}
	saved, err := s.save(from)
	if err != nil {
		return err
	}
	s.report.Systems = []*System{
		{Name: "the emulator alone", start: starts.System{Config: idle, Port: daytime}, Memory: s.memory},
		{Name: "Yolk from a snapshot", start: saved, Memory: s.memory},
		{Name: "Yolk from cold", start: from, Memory: s.memory},
	}
	if s.linux == 0 {
		return nil
	}
	maker := linuxguest.Maker{Context: s.ctx, Work: s.work, Say: say}
	guest, err := maker.Make("amd64", program, nil)
	if err != nil {
		say("without a Linux guest: %v", err)
		return nil
	}
	linux := cold
	linux.Machine, linux.Memory = linuxguest.Machine, s.debian
	linux = guest.Config(linux, "10.0.2.15/24", nil)
	s.report.Systems = append(s.report.Systems, &System{
		Name: "Linux guest, " + linuxguest.Machine, start: starts.System{Config: linux, Port: daytime, Ask: tells}, Memory: s.debian, deaf: true, slow: true})
	return nil
}

// print writes the table.
func (r *Report) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tmemory\tfirst answer\tafter the emulator\tCPU until then\tsecond answer\tmachines\tstarts a second\tPSS of each\tstopped in")
	floor := r.Systems[0].Alone.First
	for _, y := range r.Systems {
		fmt.Fprintf(w, "%s\t%d MiB\t%.0f ms\t%.0f ms\t%.0f ms", y.Name, y.Memory>>20, y.Alone.First, y.Alone.First-floor, y.Alone.CPU)
		if y.Machines > 0 {
			fmt.Fprintf(w, "\t%.1f ms\t%d\t%.1f\t%.1f MiB\t%.1f s", y.Alone.Second, y.Machines, y.Rate, y.PSS/(1<<20), y.Stop)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "LightVM, published\t%.1f MB, guest alone\tstarts in %.1f to %.1f ms, restores in %d ms\n", lightVMMemory, lightVMFirst, lightVMLast, lightVMRestore)
	w.Flush()
	fmt.Fprintf(out, "a machine stood still for %.0f ms to be saved\n", r.Save)
}
