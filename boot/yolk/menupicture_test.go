package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// menuPicture is README.md's of the menu.
const menuPicture = "scripts/newcomer/menu.svg"

// TestMenuPicture draws the picture in README.md of what the menu shows, with -args -update
// into its file. A new key alone does not make that wrong.
func TestMenuPicture(t *testing.T) {
	name := filepath.Join(yolkRoot(t), menuPicture)
	t.Chdir(t.TempDir())
	text := "plat: kvm\nmemory: 64M\np: [\"8080:80\"]\nfiles: site\nopt:\n  sched: coop\n"
	if err := os.WriteFile("yolk.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("site", 0o755); err != nil {
		t.Fatal(err)
	}
	s := openTerminal(t, "yolk.yaml")
	s.shows("line 5")
	s.screen.SetSize(86, 30)
	s.m.app.QueueEvent(tcell.NewEventResize(86, 30))
	s.shows("untested-go")
	s.press("/", "memory SIZE", "Enter", "Enter")
	s.shows("memory 64M")
	s.press("Clear", "128M", "Enter", "/", "Esc")
	s.shows("128M", "untested-go")
	s.m.app.QueueUpdateDraw(func() {
		s.m.table.Select(1+slices.IndexFunc(s.m.rows, func(k shownKey) bool { return k.Key == "memory" }), 0)
	})
	s.shows("memory SIZE, such as")
	if ink, _, _ := inkOf(tcell.StyleDefault.Reverse(true)); ink != paper || !strings.Contains(string(s.picture()), `fill="`+ink+`"`) {
		t.Error("the selected key has no bar")
	}
	got := s.picture()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">sched=coop<", ">line 5<", ">untested-go", "memory SIZE, such as", `"bold" xml:space="preserve">Enter<`} {
		for what, picture := range map[string][]byte{"the menu": got, menuPicture: shown} {
			if !bytes.Contains(picture, []byte(want)) {
				t.Errorf("%s does not show %q; the picture is made by go test ./boot/yolk -run TestMenuPicture -args -update", what, want)
			}
		}
	}
}

// picture draws the screen's cells, those of one style that follow each other as one text.
func (s *terminal) picture() []byte {
	const width, height, margin = 8.4, 19, 12 // of a cell, and around them, in pixels
	var cells []tcell.SimCell
	var columns, lines int
	done := make(chan bool)
	s.m.app.QueueUpdateDraw(func() {
		shown, w, h := s.screen.GetContents()
		cells, columns, lines = append(cells, shown...), w, h
		close(done)
	})
	<-done
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" role="img">`+"\n",
		float64(columns)*width+2*margin, lines*height+2*margin)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	for y := range lines {
		line := cells[y*columns : (y+1)*columns]
		for x := 0; x < columns; {
			end, text := x, strings.Builder{}
			for ; end < columns && line[end].Style == line[x].Style; end++ {
				text.WriteString(string(line[end].Runes))
			}
			ink, back, bold := inkOf(line[x].Style)
			at := margin + float64(x)*width
			if back != paper {
				fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", at, margin+y*height, float64(end-x)*width, height, back)
			}
			if word := strings.TrimRight(text.String(), " "); word != "" {
				fmt.Fprintf(&b, `<text x="%.1f" y="%d" textLength="%.1f" fill="%s"%s xml:space="preserve">%s</text>`+"\n",
					at, margin+(y+1)*height-5, float64(len([]rune(word)))*width, ink, bold, html.EscapeString(word))
			}
			x = end
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// The colours of a terminal that has none of its own for a style, and of what is underlined.
const paper, letters, field = "#1e2227", "#c8ccd4", "#2b3038"

// inkOf has the colours of a style, of its letters and behind them, and how SVG says that it
// is bold.
func inkOf(style tcell.Style) (ink, back, bold string) {
	fg, bg, attributes := style.Decompose()
	ink, back = letters, paper
	if fg.Valid() && fg.Hex() >= 0 {
		ink = fmt.Sprintf("#%06x", fg.TrueColor().Hex())
	}
	if bg.Valid() && bg.Hex() > 0 {
		back = fmt.Sprintf("#%06x", bg.TrueColor().Hex())
	}
	if attributes&tcell.AttrReverse != 0 {
		ink, back = back, ink
	}
	if attributes&tcell.AttrUnderline != 0 && back == paper {
		back = field
	}
	if attributes&tcell.AttrBold != 0 {
		bold = ` font-weight="bold"`
	}
	return ink, back, bold
}
