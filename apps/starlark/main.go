// Starlark runs scripts in Starlark, a dialect of Python: one that was packed into the
// image, or those that are sent to it over HTTP.
package main

import (
	"context"
	"errors"

	"go.starlark.net/lib/json"
	"go.starlark.net/lib/math"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
	"yolk/apps/guest"
)

func main() { guest.Main("starlark", run) }

// dialect is Starlark with what a script for itself wants, and a configuration does not:
// loops outside of functions, `while`, recursion and sets.
var dialect = &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}

// run runs a script, a guest.Run. What was wrong comes with the script's own stack.
func run(ctx context.Context, p guest.Program) error {
	file, err := dialect.Parse(p.Name, p.Code, 0)
	if err != nil {
		return err
	}
	if err := rewrite(file); err != nil {
		return err
	}
	args := make([]starlark.Value, len(p.Args))
	for i, a := range p.Args {
		args[i] = starlark.String(a)
	}
	b := &bounds{limit: p.Memory}
	names := b.names()
	names["args"], names["json"], names["math"] = starlark.NewList(args), json.Module, math.Module
	program, err := starlark.FileProgram(file, names.Has)
	if err != nil {
		return err
	}
	thread := &starlark.Thread{Name: p.Name}
	thread.Print = func(_ *starlark.Thread, line string) {
		if _, err := p.Output.Write([]byte(line + "\n")); err != nil {
			thread.Cancel(err.Error())
		}
	}
	b.watch(thread)
	defer context.AfterFunc(ctx, func() { thread.Cancel(context.Cause(ctx).Error()) })()
	_, err = program.Init(thread, names)
	if failed := new(starlark.EvalError); errors.As(err, &failed) {
		return errors.New(failed.Backtrace())
	}
	return err
}
