package build

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A Progress shows on one line of a terminal what a build is doing. Every
// method may be called on a nil Progress, which shows nothing, and from any
// goroutine.
type Progress struct {
	mu      sync.Mutex
	w       io.Writer
	start   time.Time
	text    string
	drawn   bool
	stopped chan struct{}
}

// NewProgress shows progress on w until [Progress.Stop]. The line first
// appears after a moment, so that quick builds stay silent.
func NewProgress(w io.Writer) *Progress {
	p := &Progress{w: w, start: time.Now(), stopped: make(chan struct{})}
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
	if d := time.Since(p.start); d > 300*time.Millisecond && p.text != "" {
		line := fmt.Sprintf("%c %3.0fs %s", mark, d.Seconds(), p.text)
		fmt.Fprintf(p.w, "\r%.78s\x1b[K", line)
		p.drawn = true
	}
}

// Set changes the text.
func (p *Progress) Set(format string, args ...any) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
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
type watcher struct {
	progress *Progress
	target   string // the package compiled last, before the link
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
	if s == "" || strings.ContainsAny(s, " \t:#()'\"") {
		w.messages.WriteString(s + "\n")
		return
	}
	w.done++
	if s == w.target {
		w.progress.Set("compiled %d packages, linking %s", w.done, s)
		return
	}
	w.progress.Set("compiling, %d packages so far: %s", w.done, s)
}

// text returns the compiler's messages.
func (w *watcher) text() string {
	return strings.TrimSpace(w.messages.String() + string(w.part))
}
