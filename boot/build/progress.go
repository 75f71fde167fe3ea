package build

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A Progress shows what a build is doing: on one line of a terminal, or in lines. Every
// method may be called on a nil Progress, which shows nothing, and from any
// goroutine.
type Progress struct {
	mu      sync.Mutex
	w       io.Writer
	lines   bool
	start   time.Time
	text    string
	phase   string    // what the text belongs to
	drawn   bool      // something is on the terminal's line
	said    string    // the phase of the last line
	saidAt  time.Time // when that was
	stopped chan struct{}
}

const (
	quickBuild = 300 * time.Millisecond // a terminal's line appears after that
	slowBuild  = 3 * time.Second        // other lines do: they stay
	longPhase  = 10 * time.Second       // between two lines of one phase
)

// NewProgress shows progress on w until [Progress.Stop]. The line first
// appears after a moment, so that quick builds stay silent.
func NewProgress(w io.Writer) *Progress { return newProgress(w, false) }

// NewLines shows progress on w in lines, one for each phase of a slow build and each
// ten seconds, for what is no terminal.
func NewLines(w io.Writer) *Progress { return newProgress(w, true) }

func newProgress(w io.Writer, lines bool) *Progress {
	p := &Progress{w: w, lines: lines, start: time.Now(), stopped: make(chan struct{})}
	go p.run()
	return p
}

func (p *Progress) run() {
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for frame := 0; ; frame++ {
		select {
		case <-p.stopped:
			return
		case <-tick.C:
			p.draw(`-\|/`[frame%4])
		}
	}
}

func (p *Progress) draw(mark byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stopped:
		return
	default:
	}
	if p.lines {
		p.line(time.Now())
	} else if d := time.Since(p.start); d > quickBuild && p.text != "" {
		line := fmt.Sprintf("%c %3.0fs %s", mark, d.Seconds(), p.text)
		fmt.Fprintf(p.w, "\r%.78s\x1b[K", line)
		p.drawn = true
	}
}

// line prints the text if there is something new to say now.
func (p *Progress) line(now time.Time) {
	d := now.Sub(p.start)
	if d < slowBuild || p.text == "" || p.phase == p.said && now.Sub(p.saidAt) < longPhase {
		return
	}
	fmt.Fprintf(p.w, "yolk: %.0fs %s\n", d.Seconds(), p.text)
	p.said, p.saidAt = p.phase, now
}

// Phase begins a phase, which the text names until Set does.
func (p *Progress) Phase(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.set(text, text)
}

// Set changes the text within a phase.
func (p *Progress) Set(format string, args ...any) { p.set("", fmt.Sprintf(format, args...)) }

func (p *Progress) set(phase, text string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.text = text; phase != "" {
		p.phase = phase
	}
}

// Stop takes the line away. It may be called twice.
func (p *Progress) Stop() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stopped:
		return
	default:
	}
	close(p.stopped)
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// A watcher reads what `go build -v` says: the import path of each package as
// its compilation starts, between the compiler's messages, which it keeps.
// Before that it names the modules it downloads.
type watcher struct {
	progress *Progress
	target   string // the package compiled last, before the link; "": there are only messages
	done     int
	part     []byte       // a line whose end has not come yet
	messages bytes.Buffer // everything that is not an import path
}

// Write takes the next piece of output.
func (w *watcher) Write(b []byte) (int, error) {
	w.part = append(w.part, b...)
	for {
		line, rest, ok := bytes.Cut(w.part, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		w.line(string(line))
		w.part = rest
	}
}

func (w *watcher) line(s string) {
	if module, ok := strings.CutPrefix(s, "go: downloading "); ok {
		w.progress.Phase("downloading %s", module)
		return
	}
	if s == "" || w.target == "" || strings.ContainsAny(s, " \t:#()'\"") {
		w.messages.WriteString(s + "\n")
		return
	}
	w.done++
	if s == w.target {
		w.progress.Phase("compiled %d packages, linking %s", w.done, s)
		return
	}
	w.progress.Set("compiling, %d packages so far: %s", w.done, s)
}

// text returns the compiler's messages.
func (w *watcher) text() string {
	return strings.TrimSpace(w.messages.String() + string(w.part))
}
