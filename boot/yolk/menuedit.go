package main

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"yolk/boot/config"
)

// set changes a key; what it does not take is told and left.
func (m *menu) set(key string, values []string) bool {
	flag := newRun().Flags().Lookup(key)
	s := config.Setting{Key: key}
	for _, v := range values {
		s.Values = append(s.Values, config.Value{Text: v})
	}
	var err error
	if len(values) > 0 {
		err = checkSetting(m.file, s, newRun().Flags())
	}
	if err == nil {
		err = m.file.Set(key, values, isList(flag))
	}
	if err != nil {
		m.complain(fmt.Errorf("%s", strings.TrimPrefix(err.Error(), m.file.Path+":0: ")))
		return false
	}
	m.fill()
	return true
}

// edit asks for a value of the selected key: from a list where there are few.
func (m *menu) edit() {
	k := m.selected()
	if k == nil {
		return
	}
	flag := newRun().Flags().Lookup(k.Key)
	choices := []string{"true", "false"}
	if flag.Value.Type() != "bool" {
		if choices = nil; values[k.Key] != nil && !isList(flag) {
			run := newRun()
			apply(m.file, run.Flags())
			choices = values[k.Key](run)
		}
	}
	if choices != nil {
		m.choose(k.Key, choices)
		return
	}
	m.ask(k, isList(flag))
}

// choose shows a list of values.
func (m *menu) choose(key string, choices []string) {
	list := tview.NewList().ShowSecondaryText(false)
	for _, c := range choices {
		list.AddItem(c, "", 0, func() {
			m.back("edit")
			m.set(key, []string{c})
		})
	}
	list.SetDoneFunc(func() { m.back("edit") }).SetBorder(true).SetTitle(" " + key + " ")
	m.over("edit", list, 40, len(choices)+2)
}

// ask shows a line to be edited; a list's values have a space between them.
func (m *menu) ask(k *shownKey, list bool) {
	input := tview.NewInputField().SetLabel(k.Key + " ").SetText(strings.Join(k.Values, " "))
	input.SetDoneFunc(func(key tcell.Key) {
		if key == tcell.KeyEscape {
			m.back("edit")
			return
		}
		given := strings.TrimSpace(input.GetText())
		values := []string{given}
		if list {
			values = strings.Fields(given)
		} else if given == "" {
			values = nil
		}
		if m.set(k.Key, values) {
			m.back("edit")
		}
	})
	input.SetBorder(true)
	m.over("edit", input, 70, 3)
}

// diff is what saving would change.
func (m *menu) diff() (string, error) {
	text, err := m.file.Text()
	return udiff.Unified(config.Name, config.Name, m.before, string(text)), err
}

// save shows what would change, and writes it when it is confirmed.
func (m *menu) save() {
	diff, err := m.diff()
	switch {
	case err != nil:
		m.complain(err)
	case diff == "":
		m.help.SetText("nothing has changed")
	default:
		m.confirm(diff, "Enter saves, Esc goes back", func() error {
			err := m.file.Write()
			if err == nil {
				m.before = ""
				if text, err := m.file.Text(); err == nil {
					m.before = string(text)
				}
				m.help.SetText("saved")
			}
			return err
		})
	}
}

// quit ends the menu, at once if nothing has changed.
func (m *menu) quit() {
	if diff, err := m.diff(); err == nil && diff != "" {
		m.confirm(diff, "Enter ends without this, Esc goes back", func() error { m.app.Stop(); return nil })
		return
	}
	m.app.Stop()
}

// confirm shows a diff, and does something when Enter is pressed.
func (m *menu) confirm(diff, title string, do func() error) {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		colour := map[byte]string{'+': "green", '-': "red"}[line[0]]
		if colour == "" {
			colour = "-"
		}
		fmt.Fprintf(&b, "[%s]%s[-]", colour, tview.Escape(line))
	}
	view := tview.NewTextView().SetDynamicColors(true).SetText(b.String()).SetDoneFunc(func(key tcell.Key) {
		m.back("confirm")
		if key == tcell.KeyEnter {
			if err := do(); err != nil {
				m.complain(err)
			}
		}
	})
	view.SetBorder(true).SetTitle(" " + title + " ")
	m.over("confirm", view, 76, min(strings.Count(diff, "\n")+2, 20))
}

// over shows something in the middle of the list, until back.
func (m *menu) over(name string, p tview.Primitive, width, height int) {
	middle := tview.NewFlex().SetDirection(tview.FlexRow).AddItem(nil, 0, 1, false).AddItem(p, height, 0, true).AddItem(nil, 0, 1, false)
	m.pages.AddPage(name, tview.NewFlex().AddItem(nil, 0, 1, false).AddItem(middle, width, 0, true).AddItem(nil, 0, 1, false), true, true)
	m.app.SetFocus(p)
}

func (m *menu) back(name string) {
	m.pages.RemovePage(name)
	m.app.SetFocus(m.table)
}
