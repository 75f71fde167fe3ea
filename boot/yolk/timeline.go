package main

import (
	"io"
	"path/filepath"
	"slices"

	"yolk/boot/build"
	"yolk/boot/output"
	"yolk/boot/qemu"
	"yolk/boot/timeline"
	"yolk/kernel/abi"
)

// recordTimeline has c's boot recorded in a file, if one was asked for. failed says, when
// the machine has ended, why there is none.
func (m *machineFlags) recordTimeline(c *qemu.Config, r *build.Result, v *voice) (failed func() error, err error) {
	var wrong error
	failed = func() error { return wrong }
	if m.timeline == "" || m.print {
		return failed, nil
	}
	place, err := output.Place(m.timeline)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	if c.Accel == "" {
		c.Accel, _ = qemu.ThisHost().Choose(c.Arch)
	}
	counted := c.Accel == qemu.TCG && c.CPUs == 1 && !slices.Contains(c.Extra, timeline.Arguments[0])
	if counted {
		c.Extra = slices.Concat(c.Extra, timeline.Arguments)
	}
	recorder, err := timeline.New(r.ELF, loadedAt(c), counted)
	if err != nil {
		return nil, fail(err)
	}
	c.Debugger = func(conn io.ReadWriter) {
		if wrong = recorder.Watch(conn); wrong != nil {
			return
		}
		title := r.Package.ImportPath + " on " + c.Machine + " (" + c.Arch + ", " + string(c.Accel) + ")"
		if wrong = output.Write(place, recorder.Show(title, place)); wrong == nil {
			v.say("a timeline of the boot is in %s", filepath.Clean(m.timeline))
		}
	}
	recorder.Begin()
	return failed, nil
}

// loadedAt is what to add to addresses of an image before it has page tables: an arm64 one
// is linked 4 GiB above its place in RAM, which begins at 1 GiB on virt, at 0 on a board.
func loadedAt(c *qemu.Config) uint64 {
	linked := uint64(abi.BaseARM64 &^ (1<<32 - 1))
	switch {
	case c.Arch != "arm64":
		return 0
	case c.Tree != "":
		return -linked
	}
	return 1<<30 - linked
}
