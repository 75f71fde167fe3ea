package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/config"
)

// A menu changes a yolk.yaml on a terminal. It knows keys, values and help by the flags,
// as everything about the file does. Its goroutine is the application's.
type menu struct {
	app    *tview.Application
	pages  *tview.Pages
	table  *tview.Table
	search *tview.InputField
	help   *tview.TextView
	file   *config.File
	before string     // the file as it was read
	rows   []shownKey // those that the search leaves
}

const menuKeys = "[::b]Enter[::-] change  [::b]Del[::-] default  [::b]/[::-] search  [::b]s[::-] save  [::b]q[::-] quit"

// newMenu shows a file on a screen; nil is the terminal.
func newMenu(f *config.File, screen tcell.Screen) (*menu, error) {
	text, err := f.Text()
	if err != nil {
		return nil, err
	}
	m := &menu{app: tview.NewApplication(), pages: tview.NewPages(), table: tview.NewTable(), search: tview.NewInputField(),
		help: tview.NewTextView(), file: f, before: string(text)}
	if screen != nil {
		m.app.SetScreen(screen)
	}
	// The usual bar is black letters on the terminal's own paper, which may be black.
	m.table.SetSelectable(true, false).SetFixed(1, 0).SetSelectedStyle(tcell.StyleDefault.Reverse(true))
	m.table.SetSelectionChangedFunc(func(int, int) { m.describe() })
	m.table.SetSelectedFunc(func(int, int) { m.edit() })
	m.table.SetInputCapture(m.key)
	m.search.SetFieldStyle(tcell.StyleDefault.Underline(true))
	m.search.SetLabel("/ ").SetChangedFunc(func(string) {
		m.table.Select(0, 0)
		m.fill()
	}).SetDoneFunc(func(key tcell.Key) {
		if key == tcell.KeyEscape {
			m.search.SetText("")
		}
		m.app.SetFocus(m.table)
	})
	m.help.SetDynamicColors(true).SetWordWrap(true)
	keysLine := tview.NewTextView().SetDynamicColors(true).SetText(menuKeys)
	main := tview.NewFlex().SetDirection(tview.FlexRow).
		AddItem(tview.NewTextView().SetText(f.Path), 1, 0, false).
		AddItem(m.search, 1, 0, false).
		AddItem(m.table, 0, 1, true).
		AddItem(m.help, 4, 0, false).
		AddItem(keysLine, 1, 0, false)
	m.app.SetRoot(m.pages.AddPage("main", main, true, true), true)
	m.fill()
	return m, nil
}

// flags are yolk run's, as the file sets them now.
func (m *menu) flags() *pflag.FlagSet {
	flags := newRun().Flags()
	if err := apply(m.file, flags); err != nil {
		m.complain(err)
	}
	return flags
}

// fill lists the keys that have what is searched for in their name or help.
func (m *menu) fill() {
	flags := m.flags()
	m.rows = found(shown(keys(flags)), m.search.GetText())
	m.table.Clear()
	for i, title := range []string{"KEY", "VALUE", "FROM"} {
		m.table.SetCell(0, i, tview.NewTableCell(title).SetSelectable(false).SetAttributes(tcell.AttrBold))
	}
	for i, k := range m.rows {
		colour := tcell.ColorDefault
		switch {
		case notFor(flags, k.Key) != "":
			colour = tcell.ColorGray
		case k.From != "default":
			colour = tcell.ColorGreen
		}
		from := strings.TrimPrefix(k.From, m.file.Path+":")
		if from != k.From {
			from = "line " + from
		}
		for j, text := range []string{k.Key, strings.Join(k.Values, "  "), from} {
			m.table.SetCell(i+1, j, tview.NewTableCell(tview.Escape(text)+"   ").SetTextColor(colour))
		}
	}
	if row, _ := m.table.GetSelection(); row > len(m.rows) || row == 0 {
		m.table.Select(min(1, len(m.rows)), 0)
	}
	m.describe()
}

// found are the keys that a search leaves: those whose names begin with the text, then
// those that have it in their names, then in their help.
func found(all []shownKey, text string) (rows []shownKey) {
	text = strings.ToLower(text)
	var within, helped []shownKey
	for _, k := range all {
		switch {
		case strings.HasPrefix(k.Key, text):
			rows = append(rows, k)
		case strings.Contains(k.Key, text):
			within = append(within, k)
		case strings.Contains(strings.ToLower(k.Key+" "+k.About), text):
			helped = append(helped, k)
		}
	}
	return slices.Concat(rows, within, helped)
}

// selected is the key under the bar, nil if the search leaves none.
func (m *menu) selected() *shownKey {
	if row, _ := m.table.GetSelection(); row >= 1 && row <= len(m.rows) {
		return &m.rows[row-1]
	}
	return nil
}

// describe shows the help of the selected key, and for which platform it is nothing.
func (m *menu) describe() {
	k := m.selected()
	if k == nil {
		m.help.SetText("")
		return
	}
	text := "[::b]" + k.Key + "[::-]  " + tview.Escape(k.About)
	if why := notFor(newFlagsOf(m.file), k.Key); why != "" {
		text += "\n[yellow]" + why + "[-]"
	}
	m.help.SetText(text)
}

func (m *menu) complain(err error) { m.help.SetText("[red]" + tview.Escape(err.Error()) + "[-]") }

// key handles what is pressed in the list.
func (m *menu) key(e *tcell.EventKey) *tcell.EventKey {
	switch {
	case e.Rune() == '/':
		m.app.SetFocus(m.search)
	case e.Rune() == 's':
		m.save()
	case e.Rune() == 'q', e.Key() == tcell.KeyEscape:
		m.quit()
	case e.Key() == tcell.KeyDelete, e.Key() == tcell.KeyBackspace2:
		if k := m.selected(); k != nil {
			m.set(k.Key, nil)
		}
	default:
		return e
	}
	return nil
}

// newFlagsOf are yolk run's as a file sets them.
func newFlagsOf(f *config.File) *pflag.FlagSet {
	flags := newRun().Flags()
	apply(f, flags)
	return flags
}

// notFor says why a key does nothing for the platform that flags choose, "" if it does.
func notFor(flags *pflag.FlagSet, key string) string {
	p, err := build.FindPlatform(flags.Lookup("plat").Value.String(), flags.Lookup("arch").Value.String())
	switch {
	case err != nil:
		return ""
	case p.Process() && notOfProcess(key) != "":
		return "nothing for " + p.Name + ": " + notOfProcess(key)
	case p.Memory != "" && (key == "memory" || key == "cpus"):
		return "a " + p.Machines[0] + " has its own, always"
	case key == build.PartSide && !p.Has(build.PartSide):
		return "a " + p.Name + " has no virtio console"
	case key == build.PartVolumes && !p.Process() && !p.Has(build.PartVolumes):
		return "a " + p.Name + " has no virtio 9P device"
	}
	return ""
}

// openMenu runs the menu on the terminal.
func openMenu(args []string) error {
	f, err := config.Read(configOf(args))
	if err == nil {
		err = apply(f, newRun().Flags())
	}
	if err != nil {
		return fail(err)
	}
	m, err := newMenu(f, nil)
	if err == nil {
		err = m.app.Run()
	}
	if err != nil {
		return fail(fmt.Errorf("%w (TERM=%s)", err, os.Getenv("TERM")))
	}
	return nil
}
