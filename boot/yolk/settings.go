package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"yolk/boot/config"
	"yolk/boot/image"
	"yolk/boot/qemu"
)

// configOf is the yolk.yaml of the package that args name: the one beside its files.
// What has no folder here has none.
func configOf(args []string) string {
	folder := "."
	if len(args) > 0 {
		folder = args[0]
		if !isFolder(folder) {
			folder = filepath.Dir(folder)
		}
	}
	return filepath.Join(folder, config.Name)
}

// settings gives the flags that were not given what the package's yolk.yaml says.
// Where one comes from is in its annotations. A key that the command has no flag for is
// for another.
func settings(flags *pflag.FlagSet, args []string) error {
	if len(args) > 0 && !isFolder(args[0]) && !strings.HasSuffix(args[0], ".go") {
		return nil
	}
	f, err := config.Read(configOf(args))
	if err == nil {
		err = apply(f, flags)
	}
	return fail(err)
}

// apply gives flags what a file says, unless they were given.
func apply(f *config.File, flags *pflag.FlagSet) error {
	all := newRun().Flags()
	for _, s := range f.Settings {
		if err := checkSetting(f, s, all); err != nil {
			return err
		}
		flag := flags.Lookup(s.Key)
		if flag == nil || flag.Changed {
			continue
		}
		for _, v := range s.Values {
			text := beside(f, s.Key, v.Text)
			if flag.Value.Type() == "bool" && all.Lookup(s.Key).Value.Type() != "bool" {
				text = "true" // yolk build only wants to know that there will be some
			}
			if err := flags.Set(s.Key, text); err != nil {
				return f.Errorf(v.Line, "%s: %w", s.Key, err)
			}
		}
		flag.Annotations = map[string][]string{fromFile: {fmt.Sprintf("%s:%d", f.Path, s.Line)}}
	}
	return nil
}

// fromFile is the annotation of a flag that yolk.yaml gave: file and line.
const fromFile = "yolk.yaml"

// givenFlag reports whether a flag is on the command line itself.
func givenFlag(flags *pflag.FlagSet) func(name string) bool {
	return func(name string) bool {
		f := flags.Lookup(name)
		return f.Changed && f.Annotations[fromFile] == nil
	}
}

// setFlag reports whether a flag is on the command line or in yolk.yaml.
func setFlag(flags *pflag.FlagSet) func(name string) bool {
	return func(name string) bool { f := flags.Lookup(name); return f != nil && f.Changed }
}

// checkSetting refuses a key that there is not, and values that it does not take.
func checkSetting(f *config.File, s config.Setting, all *pflag.FlagSet) error {
	flag := all.Lookup(s.Key)
	if flag == nil || !isKey(flag) {
		text := "there is no such key"
		if near := closest(s.Key, all); near != "" {
			text += "; did you mean " + near + "?"
		}
		return f.Errorf(s.Line, "%s: %s (yolk config show lists them)", s.Key, text)
	}
	if !isList(flag) && len(s.Values) != 1 {
		return f.Errorf(s.Line, "%s takes one value", s.Key)
	}
	for _, v := range s.Values {
		err := takes(flag, v.Text)
		if check := checks[s.Key]; err == nil && check != nil {
			err = check(beside(f, s.Key, v.Text))
		}
		if err != nil {
			return f.Errorf(v.Line, "%s: %w", s.Key, err)
		}
	}
	return nil
}

// takes sets a flag, and says in words what is wrong with a value of its type.
func takes(flag *pflag.Flag, text string) error {
	err := flag.Value.Set(text)
	kind := map[string]string{"int": "a number", "bool": "true or false", "duration": "a time, such as 10s"}[flag.Value.Type()]
	if err != nil && kind != "" {
		return fmt.Errorf("%q is not %s", text, kind)
	}
	return err
}

// beside makes the path in a value of some keys one from the current folder: in the file
// it is from the file's own.
func beside(f *config.File, key, value string) string {
	folder := filepath.Dir(f.Path)
	switch {
	case key == "side" && !filepath.IsAbs(value):
		return filepath.Join(folder, value)
	case key == "volumes":
		host, guest, mode := qemu.SplitVolume(value)
		if !filepath.IsAbs(host) {
			host = filepath.Join(folder, host)
		}
		return host + ":" + guest + mode
	case key == "files":
		src, dst := image.SplitFiles(value)
		if !filepath.IsAbs(src) {
			src = filepath.Join(folder, src)
		}
		return src + ":" + dst
	}
	return value
}
