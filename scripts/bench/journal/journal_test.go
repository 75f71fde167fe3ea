package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// web is what is measured here.
type web struct {
	System string
	Rate   float64
}

// TestJournal: what was measured is not measured again, unless it failed, or with other
// sources; the journal of a run that ended is gone.
func TestJournal(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal")
	measured := 0
	session := func(about string, fails error) (figure web) {
		t.Helper()
		j, err := Open(name, about)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Once("a", &figure, func() error { measured++; figure.Rate = 5; figure.System = "Yolk"; return fails }); !errors.Is(err, fails) {
			t.Error(err)
		}
		if err := j.Close(false); err != nil {
			t.Error(err)
		}
		return figure
	}
	failed := errors.New("failed")
	session("one", failed)
	session("one", nil)
	if w := session("one", nil); measured != 2 || w.Rate != 5 || w.System != "Yolk" {
		t.Errorf("%d times, %+v", measured, w)
	}
	if session("another", nil); measured != 3 {
		t.Errorf("other sources, the same figures: %d", measured)
	}
	session("a-dirty", nil)
	if session("a-dirty", nil); measured != 5 {
		t.Errorf("sources that are not committed are taken for the same: %d", measured)
	}
	j, err := Open(name, "one")
	if err == nil {
		err = j.Close(true)
	}
	if _, gone := os.Stat(name); !errors.Is(gone, os.ErrNotExist) || err != nil {
		t.Errorf("%v, %v", gone, err)
	}
	if err := os.WriteFile(name, []byte("no journal\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(name, "one"); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("no journal: %v", err)
	}
}
