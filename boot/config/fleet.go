package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// FleetName is the name of the file that describes several machines:
//
//	machines:
//	  db:
//	    package: ./db
//	    ready: 5432
//	  web:
//	    package: ./web
//	    after: db
//	    args: [-db, "db:5432"]
//	    p: ["8080:80"]
const FleetName = "yolk-fleet.yaml"

// A Fleet is such a file.
type Fleet struct {
	*File    // for its path and errors
	Machines []Member
}

// A Member is one of its machines. What is not of the fleet itself are settings as in a
// yolk.yaml, which come before those of the package.
type Member struct {
	Name     string
	Line     int
	Package  string   // its folder, from the file's
	Args     []string // of the program
	After    []string // machines that must be ready before
	Ready    string   // the TCP port at which it answers when it is; "" for when it runs
	Settings []Setting
}

// FleetKeys are the keys of a machine in a fleet's file beside those of a yolk.yaml, with
// what they are.
var FleetKeys = []struct {
	Key, About string
	List       bool
}{
	{"package", "the program's folder, from the file's, or an import path", false},
	{"args", "the program's arguments", true},
	{"after", "machines that must be ready before this one is started", true},
	{"ready", "the TCP port at which the machine answers when it is ready", false},
}

// ReadFleet reads the file at path.
func ReadFleet(path string) (*Fleet, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &Fleet{File: &File{Path: path}}
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&f.document); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	top := f.top()
	if top == nil || top.Kind != yaml.MappingNode || len(top.Content) != 2 || top.Content[0].Value != "machines" || top.Content[1].Kind != yaml.MappingNode {
		return nil, f.Errorf(1, "it has one key, machines, with a mapping of names to machines")
	}
	list := top.Content[1].Content
	for i := 0; i < len(list); i += 2 {
		m, err := f.member(list[i], list[i+1])
		if err != nil {
			return nil, err
		}
		f.Machines = append(f.Machines, m)
	}
	return f, f.order()
}

// member reads one machine.
func (f *Fleet) member(name, value *yaml.Node) (Member, error) {
	m := Member{Name: name.Value, Line: name.Line}
	if value.Kind != yaml.MappingNode {
		return m, f.Errorf(name.Line, "%s takes a mapping, with its package at least", m.Name)
	}
	one := &File{Path: f.Path, document: yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{value}}}
	if err := one.read(); err != nil {
		return m, err
	}
	for _, s := range one.Settings {
		var texts []string
		for _, v := range s.Values {
			texts = append(texts, v.Text)
		}
		single := func(to *string) error {
			if len(texts) != 1 {
				return f.Errorf(s.Line, "%s takes one value", s.Key)
			}
			*to = texts[0]
			return nil
		}
		var err error
		switch s.Key {
		case "package":
			err = single(&m.Package)
		case "ready":
			err = single(&m.Ready)
		case "args":
			m.Args = texts
		case "after":
			m.After = texts
		default:
			m.Settings = append(m.Settings, s)
		}
		if err != nil {
			return m, err
		}
	}
	if m.Package == "" {
		return m, f.Errorf(name.Line, "%s has no package: the program's folder, from this file's", m.Name)
	}
	return m, nil
}

// order sorts the machines so that each comes after those it waits for.
func (f *Fleet) order() error {
	var sorted []Member
	has := func(name string) bool {
		return slices.ContainsFunc(sorted, func(m Member) bool { return m.Name == name })
	}
	for left := f.Machines; len(left) > 0; {
		i := slices.IndexFunc(left, func(m Member) bool {
			return !slices.ContainsFunc(m.After, func(name string) bool { return !has(name) })
		})
		if i < 0 {
			return f.cycle(left)
		}
		sorted = append(sorted, left[i])
		left = slices.Delete(slices.Clone(left), i, i+1)
	}
	f.Machines = sorted
	return nil
}

// cycle says why none of the machines that are left can be the next.
func (f *Fleet) cycle(left []Member) error {
	for _, m := range left {
		for _, name := range m.After {
			if !slices.ContainsFunc(f.Machines, func(m Member) bool { return m.Name == name }) {
				return f.Errorf(m.Line, "%s comes after %s, which there is not", m.Name, name)
			}
		}
	}
	return f.Errorf(left[0].Line, "%s waits, by after, for one that waits for it", left[0].Name)
}
