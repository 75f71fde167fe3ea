package build

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLines: what is no terminal gets a line for each phase of a slow build, with the
// number of packages every ten seconds, and nothing for a quick one.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewLines(&out)
		w := &watcher{progress: p, target: "hello"}
		p.Phase("looking at hello")
		time.Sleep(2 * time.Second)
		if out.Len() > 0 {
			t.Errorf("after two seconds: %q", out.String())
		}
		w.Write([]byte("go: downloading example.com/x v1.0.0\n"))
		time.Sleep(2 * time.Second)
		p.Phase("compiling hello")
		w.Write([]byte("fmt\nnet\n"))
		time.Sleep(12 * time.Second)
		w.Write([]byte("hello\n"))
		time.Sleep(time.Second)
		p.Stop()
		var got []string
		for line := range strings.Lines(out.String()) {
			_, text, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "yolk: "), "s ")
			got = append(got, text)
		}
		want := "downloading example.com/x v1.0.0|compiling, 2 packages so far: net|compiling, 2 packages so far: net|compiled 3 packages, linking hello"
		if strings.Join(got, "|") != want || w.text() != "" {
			t.Errorf("%s\nwant %s; and %q", strings.Join(got, "|"), want, w.text())
		}
	})
}

// TestComplaint: of what the go command says, downloads are progress and all else a
// message, also what looks like a package's path.
func TestComplaint(t *testing.T) {
	w := &watcher{}
	w.Write([]byte("go: downloading example.com/x v1.0.0\nbroken\ngo: it failed\n"))
	if w.text() != "broken\ngo: it failed" {
		t.Errorf("%q", w.text())
	}
}
