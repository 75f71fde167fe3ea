package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"

	"yolk/boot/config"
)

// A terminal is the menu on a screen that this test reads and types at.
type terminal struct {
	t      *testing.T
	screen tcell.SimulationScreen
	m      *menu
	ended  chan error
}

func openTerminal(t *testing.T, path string) *terminal {
	t.Helper()
	f, err := config.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	screen := tcell.NewSimulationScreen("UTF-8")
	if err := screen.Init(); err != nil {
		t.Fatal(err)
	}
	screen.SetSize(90, 34)
	m, err := newMenu(f, screen)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t, screen, m, make(chan error, 1)}
	go func() { term.ended <- m.app.Run() }()
	t.Cleanup(m.app.Stop)
	return term
}

// text is what the screen shows.
func (s *terminal) text() string {
	var b strings.Builder
	done := make(chan bool)
	s.m.app.QueueUpdateDraw(func() {
		cells, width, _ := s.screen.GetContents()
		for i, c := range cells {
			if len(c.Runes) > 0 {
				b.WriteRune(c.Runes[0])
			}
			if (i+1)%width == 0 {
				b.WriteByte('\n')
			}
		}
		close(done)
	})
	<-done
	return b.String()
}

// press types keys, each "Enter", "Esc", "Del", "Down" or letters.
func (s *terminal) press(keys ...string) {
	named := map[string]tcell.Key{"Enter": tcell.KeyEnter, "Esc": tcell.KeyEscape, "Del": tcell.KeyDelete, "Down": tcell.KeyDown, "Clear": tcell.KeyCtrlU}
	for _, k := range keys {
		if key, ok := named[k]; ok {
			s.m.app.QueueEvent(tcell.NewEventKey(key, 0, tcell.ModNone))
			continue
		}
		for _, r := range k {
			s.m.app.QueueEvent(tcell.NewEventKey(tcell.KeyRune, r, tcell.ModNone))
		}
	}
}

// shows waits until the screen has a text.
func (s *terminal) shows(want ...string) {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for _, w := range want {
		for !strings.Contains(s.text(), w) {
			if time.Now().After(deadline) {
				s.t.Fatalf("the screen does not show %q:\n%s", w, s.text())
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// TestMenu goes through it as a user would: search, change by a line and by a list, see
// what is refused, what is for another platform and what will change, save, quit.
func TestMenu(t *testing.T) {
	path := filepath.Join(t.TempDir(), "yolk.yaml")
	if err := os.WriteFile(path, []byte("# mine\nmemory: 64M\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := openTerminal(t, path)
	s.shows("memory", "64M", "line 2", "how instructions are executed")
	s.press("Down", "Down", "/", "mem")
	s.shows("/ mem", "memory SIZE, such as 64M") // the help of what is selected
	s.press("Enter", "/", "Clear", "such as 64M")
	s.shows("/ such as 64M")
	s.press("Enter")
	s.shows("memory SIZE, such as 64M or 1G")
	s.press("Enter")
	s.shows("memory 64M")
	s.press("Clear", "lots", "Enter")
	s.shows(`memory size "lots" is not like`)
	s.press("Clear", "1G", "Enter")
	s.shows("1G")
	s.press("/", "Esc") // the whole list again
	s.shows("untested-go")
	s.press("/", "platform", "Enter")
	s.shows("platform NAME: kvm")
	s.press("Enter")
	s.shows("linuxu")
	s.press("Down", "Enter") // kvm, linuxu, rpi3
	s.shows("line 3")
	s.press("/", "Esc", "/", "how instructions", "Enter")
	s.shows("nothing for linuxu: a process runs as it is")
	s.press("/", "Esc", "/", "memory SIZE", "Enter")
	s.press("s")
	s.shows("-memory: 64M", "+memory: 1G", "+plat: linuxu", "Enter saves")
	if text, _ := os.ReadFile(path); string(text) != "# mine\nmemory: 64M\n" {
		t.Errorf("written before it was confirmed: %s", text)
	}
	s.press("Enter")
	s.shows("saved")
	if text, _ := os.ReadFile(path); string(text) != "# mine\nmemory: 1G\nplat: linuxu\n" {
		t.Errorf("saved: %s", text)
	}
	s.press("Del", "q")
	s.shows("-memory: 1G", "Enter ends without this")
	s.press("Esc", "q")
	s.shows("Enter ends without this")
	s.press("Enter")
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "# mine\nmemory: 1G\nplat: linuxu\n" {
		t.Errorf("written at the end: %s", text)
	}
}

// TestFound: the better a key has what is searched for, the sooner it comes.
func TestFound(t *testing.T) {
	all := shown(keys(newRun().Flags()))
	for text, want := range map[string]string{
		"mem":          "memory log",
		"NET":          "net network log",
		"go":           "untested-go side",
		"such as 64M":  "memory",
		"in no key":    "",
		"memory SIZE,": "memory",
	} {
		var names []string
		for _, k := range found(all, text) {
			names = append(names, k.Key)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := found(all, ""); !slices.EqualFunc(got, all, func(a, b shownKey) bool { return a.Key == b.Key }) {
		t.Errorf("without a text %d keys of %d, in another order", len(got), len(all))
	}
}

// TestMenuRefuses: without a terminal, and with a file that is wrong.
func TestMenuRefuses(t *testing.T) {
	if _, complaint, status := yolk(t, "config"); status != exitUsage || !strings.Contains(complaint, "the menu needs a terminal; yolk config show and set do not") {
		t.Errorf("%d, %q", status, complaint)
	}
}
