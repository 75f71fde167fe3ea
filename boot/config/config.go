// Package config reads and changes yolk.yaml, the file beside a program's main package
// that says how it is built and run:
//
//	memory: 64M
//	p: ["8080:80"]
//	opt:
//	  sched: coop
//
// Here it is keys with values, and the line of each; what keys there are, and what they
// take, the yolk command knows, because each is one of its flags. A value is a scalar, a
// sequence of them, or a mapping, which stands for a sequence of KEY=VALUE.
//
// It imports nothing of Yolk but boot/output.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"yolk/boot/output"
)

// Name is the file's, in the folder of the main package.
const Name = "yolk.yaml"

// A Setting is a key with its values.
type Setting struct {
	Key    string
	Values []Value
	Line   int // of the key
}

// A Value is one of a setting.
type Value struct {
	Text string
	Line int
}

// A File is a yolk.yaml, with its comments.
type File struct {
	Path     string
	Settings []Setting
	document yaml.Node
}

// Read reads the file at path. One that does not exist has no settings. What is not of
// the form above is an error that names the line.
func Read(path string) (*File, error) {
	f := &File{Path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&f.document); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return f, f.read()
}

// read takes the document apart.
func (f *File) read() error {
	f.Settings = nil
	top := f.top()
	if top == nil {
		return nil
	}
	if top.Kind != yaml.MappingNode {
		return f.Errorf(top.Line, "it is not a mapping: write a line for each key, such as memory: 64M")
	}
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		s := Setting{Key: key.Value, Line: key.Line}
		if slices.ContainsFunc(f.Settings, func(other Setting) bool { return other.Key == s.Key }) {
			return f.Errorf(s.Line, "%s is there twice: keep one", s.Key)
		}
		var err error
		if s.Values, err = f.values(s.Key, value); err != nil {
			return err
		}
		f.Settings = append(f.Settings, s)
	}
	return nil
}

// values flattens a key's value.
func (f *File) values(key string, n *yaml.Node) (all []Value, err error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return []Value{{n.Value, n.Line}}, nil
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return nil, f.Errorf(item.Line, "%s takes a list of plain values: put quotes around what holds a colon and a space", key)
			}
			all = append(all, Value{item.Value, item.Line})
		}
		return all, nil
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			name, value := n.Content[i], n.Content[i+1]
			if value.Kind != yaml.ScalarNode {
				return nil, f.Errorf(value.Line, "%s: %s takes a plain value", key, name.Value)
			}
			all = append(all, Value{name.Value + "=" + value.Value, name.Line})
		}
		return all, nil
	}
	return nil, f.Errorf(n.Line, "%s refers to another place (an alias): write the value itself", key)
}

// Errorf is an error with the file's name and a line of it.
func (f *File) Errorf(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.Path, line, fmt.Errorf(format, args...))
}

func (f *File) top() *yaml.Node {
	if len(f.document.Content) == 0 {
		return nil
	}
	return f.document.Content[0]
}

// Set gives a key other values, none to remove it. As a list it is written as one. Comments
// and the order of the other keys stay.
func (f *File) Set(key string, values []string, list bool) error {
	top := f.top()
	if top == nil {
		f.document = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
		top = f.top()
	}
	i := 0
	for i < len(top.Content) && top.Content[i].Value != key {
		i += 2
	}
	switch node := valueNode(values, list); {
	case len(values) > 0 && i < len(top.Content):
		node.LineComment = top.Content[i+1].LineComment
		top.Content[i+1] = node
	case len(values) > 0:
		top.Content = append(top.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, node)
	case i < len(top.Content):
		comment := top.Content[i].HeadComment
		top.Content = slices.Delete(top.Content, i, i+2)
		if i == 0 && comment != "" && len(top.Content) > 0 { // it may be the file's
			top.Content[0].HeadComment = strings.TrimSpace(comment + "\n" + top.Content[0].HeadComment)
		}
	}
	// The settings have the lines that they are written at.
	text, err := f.Text()
	if err != nil {
		return err
	}
	f.document = yaml.Node{}
	if err := yaml.Unmarshal(text, &f.document); err != nil {
		return err
	}
	return f.read()
}

func valueNode(values []string, list bool) *yaml.Node {
	if !list && len(values) == 1 {
		return scalar(values[0])
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range values {
		n.Content = append(n.Content, scalar(v))
	}
	return n
}

// scalar is plain for numbers and truth values, and for texts that YAML takes for nothing
// else.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	if _, err := strconv.Atoi(text); err == nil || text == "true" || text == "false" {
		n.Kind, n.Value = yaml.ScalarNode, text
	} else {
		n.SetString(text)
	}
	return n
}

// Text is the file as it would be written.
func (f *File) Text() ([]byte, error) {
	if top := f.top(); top == nil || len(top.Content) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := errors.Join(e.Encode(&f.document), e.Close())
	return b.Bytes(), err
}

// Write writes it, whole or not at all.
func (f *File) Write() error {
	text, err := f.Text()
	if err != nil {
		return err
	}
	place, err := output.Place(f.Path)
	if err != nil {
		return err
	}
	return output.Write(place, text)
}
