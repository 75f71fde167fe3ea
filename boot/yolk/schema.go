package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/config"
	"yolk/boot/fleet"
	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
)

// The keys of yolk.yaml are the flags of yolk run, but for those that say what this one
// run shall print. So names, defaults, help and values are written down once, where the
// flags are.

// notKeys are flags that no file gives.
var notKeys = []string{"d", "n", "name", "crash", "timeline", "q", "verbose", "json", "help"}

// keys are the flags that yolk.yaml may give, by name.
func keys(flags *pflag.FlagSet) (all []*pflag.Flag) {
	flags.VisitAll(func(f *pflag.Flag) {
		if isKey(f) {
			all = append(all, f)
		}
	})
	return all
}

func isKey(f *pflag.Flag) bool { return !slices.Contains(notKeys, f.Name) }

// isList reports whether a flag may be given several times.
func isList(f *pflag.Flag) bool { return f.Value.Type() == "stringArray" }

// isMap reports whether its values are KEY=VALUE.
func isMap(f *pflag.Flag) bool { return isList(f) && strings.Contains(f.Usage, "=VALUE`") }

// checks say what is wrong with a value, for keys of which neither the type nor the list
// of values says it.
var checks = map[string]func(string) error{
	"memory": func(s string) error { _, err := parseSize(s); return err },
	"p":      func(s string) error { _, err := qemu.ParseForward(s); return err },
	"net":    func(s string) error { _, err := qemu.ParseNet(s); return err },
	"opt": func(s string) error {
		_, err := (&kernelFlags{opts: []string{s}, grace: usualGrace}).kernelOptions(qemu.UserNetOptions)
		return err
	},
	"env": func(s string) error {
		_, err := (&kernelFlags{env: []string{s}, grace: usualGrace}).kernelOptions(nil)
		return err
	},
	"volumes": func(s string) error { _, err := qemu.ParseVolume(s); return err },
	"network": fleet.CheckName,
	"status":  func(s string) error { _, err := statusPort(s); return err },
	"files":   func(s string) error { _, err := image.ParseFiles(s); return err },
	"arch": func(s string) error {
		return oneOf(s, platforms(func(p build.Platform) []string { return []string{p.Arch} }))
	},
	"plat": func(s string) error {
		return oneOf(s, platforms(func(p build.Platform) []string { return []string{p.Name} }))
	},
	"machine": func(s string) error {
		name, _, _ := strings.Cut(s, ",")
		return oneOf(name, platforms(func(p build.Platform) []string { return p.Machines }))
	},
	"accel": func(s string) error { return oneOf(s, values["accel"](nil)) },
	"log":   func(s string) error { return checkOptions([]string{"log=" + s}) },
	"cpus": func(s string) error {
		if n, err := strconv.Atoi(s); err == nil && n < 1 {
			return fmt.Errorf("%d: a machine has one processor at least", n)
		}
		return nil
	},
}

func oneOf(s string, list []string) error {
	if slices.Contains(list, s) {
		return nil
	}
	return fmt.Errorf("%q is none of %s", s, strings.Join(list, ", "))
}

// jsonSchema describes yolk.yaml for editors (JSON Schema, draft 2020-12).
func jsonSchema() map[string]any {
	run := newRun()
	properties := map[string]any{}
	for _, f := range keys(run.Flags()) {
		properties[f.Name] = property(run, f)
	}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "yolk.yaml",
		"description":          "How Yolk builds and runs the program in this folder",
		"type":                 []string{"object", "null"},
		"additionalProperties": false,
		"properties":           properties,
	}
}

// fleetSchema describes yolk-fleet.yaml: machines with the keys of yolk.yaml, and a few more.
func fleetSchema() map[string]any {
	properties := map[string]any{}
	maps.Copy(properties, jsonSchema()["properties"].(map[string]any))
	for _, k := range config.FleetKeys {
		scalar := map[string]any{"type": []string{"string", "integer"}}
		p := map[string]any{"description": k.About, "anyOf": []any{scalar, map[string]any{"type": "array", "items": scalar}}}
		if !k.List {
			p = map[string]any{"description": k.About, "type": []string{"string", "integer"}}
		}
		properties[k.Key] = p
	}
	machine := map[string]any{"type": "object", "additionalProperties": false, "required": []string{"package"}, "properties": properties}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                config.FleetName,
		"description":          "Machines that yolk up starts together",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []string{"machines"},
		"properties":           map[string]any{"machines": map[string]any{"type": "object", "additionalProperties": machine}},
	}
}

// property describes one key.
func property(run *cobra.Command, f *pflag.Flag) map[string]any {
	_, usage := pflag.UnquoteUsage(f)
	p := map[string]any{"type": "string", "description": usage}
	if f.DefValue != "" && f.DefValue != "[]" {
		p["default"] = f.DefValue
	}
	switch f.Value.Type() {
	case "bool":
		p["type"], p["default"] = "boolean", f.DefValue == "true"
	case "int":
		n, _ := strconv.Atoi(f.DefValue)
		p["type"], p["minimum"], p["default"] = "integer", 1, n
	}
	if list := values[f.Name]; list != nil && !isList(f) && f.Name != "machine" && f.Name != "log" { // which take more than the words
		p["enum"] = list(run)
	}
	if f.Name == "memory" {
		p["pattern"] = "^[0-9]+([KkMmGg][Bb]?)?$"
		p["type"] = []string{"string", "integer"}
	}
	if !isList(f) {
		return p
	}
	delete(p, "type")
	scalar := map[string]any{"type": []string{"string", "integer"}}
	forms := []any{scalar, map[string]any{"type": "array", "items": scalar}}
	if f.Name == "opt" {
		forms = append(forms, optionsSchema())
	} else if isMap(f) {
		forms = append(forms, map[string]any{"type": "object", "additionalProperties": map[string]any{"type": []string{"string", "integer", "boolean"}}})
	}
	p["anyOf"] = forms
	return p
}

// optionsSchema describes the kernel's options.
func optionsSchema() map[string]any {
	properties := map[string]any{}
	for _, k := range cmdline.Keys {
		p := map[string]any{"description": k.About, "type": []string{"string", "integer"}}
		if s := cmdline.Find(k.Key); s != nil && s.Words != nil && s.More == "" {
			p["enum"] = s.Words
			delete(p, "type")
		}
		properties[k.Key] = p
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}
