// Kvm runs images under KVM on a computer that need not virtualise: QEMU's
// software emulation of AMD's SVM makes an outer guest, Debian's kernel, whose KVM
// runs them. README.md says what that shows and what it does not.
//
//	go run ./scripts/kvm                     what make test-kvm does
//	go run ./scripts/kvm -reasons            with why each machine left the guest
//	go run ./scripts/kvm -virtual            exits of a request, the same on any host
//	go run ./scripts/kvm -clones -newer      how soon machines from a snapshot answer
//	go run ./scripts/kvm -smp 2,4,8 -newer   with several processors, on two
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"yolk/boot/child"
	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/scripts/bench/linuxguest"
	"yolk/scripts/kvm/task"
)

// options are the command line.
type options struct {
	yolk  string
	smp   string        // numbers of processors, "" for one and all programs
	newer bool          // use a newer QEMU than the host's
	why   bool          // say why the machines left the guest
	ideal bool          // count exits in virtual time
	clone bool          // start machines from a snapshot, in virtual time
	only  string        // tasks whose names contain that
	time  time.Duration // of the stress program
}

func main() {
	var o options
	flag.StringVar(&o.yolk, "yolk", "out/yolk", "the yolk command")
	flag.StringVar(&o.smp, "smp", "", "run the stress program with each of these numbers of processors, and beside Linux")
	flag.BoolVar(&o.newer, "newer", false, "use the QEMU of "+suite+", fetched with apt-get into Yolk's cache")
	flag.StringVar(&o.only, "run", "", "only tasks whose names contain this")
	flag.BoolVar(&o.why, "reasons", false, "say why machines left the guest, as KVM's tracepoints have it")
	flag.BoolVar(&o.ideal, "virtual", false, "count the exits of a request in virtual time, the same on any host; those of two machines, no more")
	flag.BoolVar(&o.clone, "clones", false, "say in virtual time how soon machines answer that go on from a snapshot, and no more")
	flag.DurationVar(&o.time, "time", 5*time.Second, "how long the stress program runs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, "kvm:", err)
		os.Exit(1)
	}
}

// leftOut begins the line that says why nothing was looked at. It is no failure.
const leftOut = "left out: "

func run(ctx context.Context, o *options) error {
	if runtime.GOARCH != "amd64" {
		say(leftOut+"the outer guest gets this computer's emulator, and is an x86-64 machine, which %s is not", runtime.GOARCH)
		return nil
	}
	work, err := os.MkdirTemp("", "yolk-kvm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	m := &linuxguest.Maker{Context: ctx, Work: work, Say: say}
	emulator, err := find(ctx, o.newer)
	if err != nil {
		return err
	}
	files, err := emulator.files(ctx)
	if err != nil {
		return err
	}
	tasks, more, err := o.tasks(m)
	if err != nil {
		return err
	}
	list, err := write(work, tasks)
	if err != nil {
		return err
	}
	files = append(append(files, more...), list)
	guest, err := m.Make("amd64", "scripts/kvm/outer", files, "drivers/net/tun.ko", "arch/x86/kvm/kvm.ko", "arch/x86/kvm/kvm-amd.ko", "virt/lib/irqbypass.ko")
	if errors.Is(err, linuxguest.ErrNone) {
		say(leftOut+"no kernel for the outer guest: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	words := ""
	if o.why {
		words = task.Reasons + "=1 " // the kernel passes it to process 1
	}
	machine := outer
	if o.ideal || o.clone {
		machine.CPUs, machine.Extra = 1, []string{"-icount", "shift=1,sleep=off"}
	}
	limit := task.Patience + time.Duration(len(tasks))*(patience+4*o.time) // one may hang, and is looked into then
	if o.smp != "" || o.clone {
		limit = time.Duration(len(tasks)) * guests * task.Patience
	}
	ctx, stop := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not end in %v", limit))
	defer stop()
	return boot(ctx, emulator, guest, machine, words)
}

// patience is for a task, whose machine is emulated twice over; it mostly takes a
// quarter of that. The stress program runs as long as it is told, here and on Linux.
const patience = 40 * time.Second

// guests is how many machines a comparison with Linux runs, one after the other, at most:
// two of ours, and three attempts at each of two of Linux. Clones are more, and short ones.
const guests = 8

// outer is the outer guest's machine: two processors, whatever the inner ones have.
var outer = qemu.Config{Arch: "amd64", Machine: linuxguest.Machine, Accel: qemu.TCG, CPUs: 2, Memory: 2 << 30, Status: os.DevNull, Net: qemu.Net{Kind: qemu.NetNone}}

// boot runs the outer guest, shows what it says, and reports how it ended.
func boot(ctx context.Context, e emulator, guest *linuxguest.Guest, machine qemu.Config, words string) error {
	c := guest.Config(machine, "", nil)
	c.Append = "mitigations=off nokaslr " + words + c.Append // its own cost is not the question
	name, args := e.command(c.Args())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = e.env()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(os.Stdout, &said), os.Stderr
	if err := child.Run(cmd); err != nil {
		return fmt.Errorf("the outer guest: %w", cmp.Or(context.Cause(ctx), err))
	}
	if !strings.Contains(said.String(), task.Passed) {
		return errors.New("not passed")
	}
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "kvm: "+format+"\n", args...) }

// packed names a file of the host that the outer guest has under the same name.
func packed(file string) image.Files {
	return image.Files{Src: file, Dst: filepath.Clean(file)}
}
