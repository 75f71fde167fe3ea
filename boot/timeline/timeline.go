// Package timeline says what a machine does until its program runs, when, and how many
// instructions that takes.
//
// The image has no part in it: the emulator's debugger stops the machine where each phase
// begins, by the symbols of the linked program, and the time in which it stands does not
// count. The emulator says how many instructions it has executed, if it was started with
// Arguments.
//
// It imports nothing of Yolk.
package timeline

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"
)

// An Owner is whose code a phase is.
type Owner string

const (
	Emulator Owner = "emulator"
	Kernel   Owner = "kernel"
	Runtime  Owner = "Go runtime"
	Program  Owner = "program"
)

// A Phase is what happens from its beginning to that of the next.
type Phase struct {
	Name         string
	Owner        Owner
	Begins       time.Duration // since the emulator was started, without the time in which the machine stood
	Instructions int64         // executed until it began
}

// A step is where a phase begins: at a symbol.
type step struct {
	name, symbol string
	owner        Owner
}

// boots lists the steps that every image takes, in their order. What the compiler has
// inlined is passed over.
func boots(p *processor) []step {
	return []step{
		{"entry, provisional page tables", p.entry, Kernel},
		{"memory", "yolk/kernel/boot.initMemory", Kernel},
		{"stacks, interrupts, clock", "yolk/kernel/boot.initStacks", Kernel},
		{"other processors", "yolk/kernel/boot.startOthers", Kernel},
		{"options, seed, first thread", "yolk/kernel/boot.launch", Kernel},
		{"entry, processor's features", p.runtime, Runtime},
		{"scheduler, heap", "runtime.schedinit", Runtime},
		{"first goroutine", "runtime.main", Runtime},
		{"packages' initialisers", "runtime.gcenable", Program},
		{"main.main", "main.main", Program},
	}
}

// later are those that a program takes or not, in any order, each once. There are not more
// than a processor has registers for.
var later = []step{
	{"network comes up", "yolk/plat/sockets.up", Kernel},
	{"listens", "yolk/kernel/posix/socket.(*Socket).listen", Program},
	{"first output", "yolk/kernel/klog.Write", Program},
}

// A processor is what differs by architecture.
type processor struct {
	entry, runtime string // symbols of the image's and of the runtime's entry
	pc             int    // where the program counter is among the registers, bytes
}

var processors = map[elf.Machine]*processor{
	elf.EM_X86_64:  {"yolk/arch/amd64.pvhEntry", "_rt0_amd64_linux", 16 * 8},
	elf.EM_AARCH64: {"yolk/arch/arm64.entry", "_rt0_arm64_linux", 32 * 8},
}

// A Recorder watches one machine.
type Recorder struct {
	p       *processor
	symbols map[string]uint64
	counts  bool   // instructions
	load    uint64 // where the image is before it has page tables, from where it was linked

	quiet   time.Duration
	begun   time.Time
	stopped time.Time     // last
	stood   time.Duration // before that
	phases  []Phase
}

// New prepares to watch a program that was linked to an ELF file. load is what is to be
// added to its addresses until it has page tables.
func New(file string, load uint64, counts bool) (*Recorder, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &Recorder{p: processors[f.Machine], load: load, counts: counts, quiet: usualQuiet, symbols: map[string]uint64{}}
	if r.p == nil {
		return nil, fmt.Errorf("%s is of no architecture that is known: %v", file, f.Machine)
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, s := range symbols {
		r.symbols[s.Name] = s.Value
	}
	return r, nil
}

// Begin is to be called when the emulator is started.
func (r *Recorder) Begin() {
	r.begun = time.Now()
	r.phases = []Phase{{Name: "emulator starts", Owner: Emulator}}
}

// usualQuiet is how long the machine may take to a later step: then there will be none.
const usualQuiet = 10 * time.Second

// Watch records a machine that has not executed anything, until it has taken its steps, or
// ends. conn leads to the emulator; the machine goes on when it returns.
func (r *Recorder) Watch(conn io.ReadWriter) error {
	d := newDebugger(conn)
	err := r.watch(d)
	switch {
	case errors.Is(err, errEnded):
		return nil
	case err != nil:
		d.send("D") // the machine shall go on all the same
		return err
	}
	return d.send("D")
}

func (r *Recorder) watch(d *debugger) error {
	if _, err := d.call("?"); err != nil {
		return err
	}
	r.stopped = time.Now()
	r.add(step{name: "firmware, loader", owner: Emulator}, 0)
	offset := r.load
	for _, s := range boots(r.p) {
		if err := r.await(d, []step{s}, offset, 0); err != nil {
			if errors.Is(err, errEnded) {
				r.stopped = time.Now()
				r.add(step{name: "ended before " + s.name}, r.phases[len(r.phases)-1].Instructions)
			}
			return err
		}
		offset = 0
	}
	return r.await(d, later, 0, r.quiet)
}

// errEnded is of a machine that is no more.
var errEnded = errors.New("the machine has ended")

// await has the machine go on until each of some steps was taken, in any order, or until it
// takes none for a while, if that is not 0. offset is how far the image is from where it
// was linked.
func (r *Recorder) await(d *debugger, steps []step, offset uint64, quiet time.Duration) error {
	waiting := map[uint64]step{}
	for _, s := range steps {
		at, ok := r.symbols[s.symbol]
		if !ok {
			continue
		}
		if err := d.stopAt(at + offset); err != nil {
			return err
		}
		waiting[at+offset] = s
	}
	for over := false; len(waiting) > 0 && !over; {
		at, late, err := r.run(d, quiet)
		if err != nil {
			return err
		}
		s, ok := waiting[at]
		if !ok {
			over = late
			continue // or somebody else has stopped it
		}
		n := int64(0)
		if r.counts {
			if n, err = d.executed(); err != nil {
				return err
			}
		}
		r.add(s, n)
		if err := d.goOn(at); err != nil {
			return err
		}
		delete(waiting, at)
	}
	for at := range waiting {
		if err := d.goOn(at); err != nil {
			return err
		}
	}
	return nil
}

// run lets the machine go on until it stops, and says where, or until it ends. After quiet,
// if that is not 0, it is stopped and late.
func (r *Recorder) run(d *debugger, quiet time.Duration) (pc uint64, late bool, err error) {
	r.stood += time.Since(r.stopped)
	if err := d.send("c"); err != nil {
		return 0, false, err
	}
	if quiet > 0 { // begun now: a machine that stands passes over an interrupt
		defer func(t *time.Timer) { late = !t.Stop() }(time.AfterFunc(quiet, d.interrupt))
	}
	answer, err := d.receive()
	r.stopped = time.Now()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), err == nil && strings.Trim(answer[:min(1, len(answer))], "WX") == "":
		return 0, false, errEnded
	case err != nil:
		return 0, false, err
	}
	pc, err = d.register(r.p.pc)
	return pc, false, err
}

// add begins a phase where the machine has stopped.
func (r *Recorder) add(s step, instructions int64) {
	r.phases = append(r.phases, Phase{s.name, s.owner, r.stopped.Sub(r.begun) - r.stood, instructions})
}
