//go:build yolk

// Package log adds lines about the network to the kernel's log. It is for
// goroutines: they print, because klog is the kernel's own. It may import
// kernel/klog.
package log

import (
	"fmt"

	"yolk/kernel/klog"
)

// Infof adds a line at level info. Inlined it would make each image larger for what
// is seldom wanted.
//
//go:noinline
func Infof(format string, args ...any) { line(klog.Info, format, args) }

// Warnf adds a line that is seen unless only errors are wanted.
//
//go:noinline
func Warnf(format string, args ...any) { line(klog.Warn, format, args) }

func line(l klog.Level, format string, args []any) {
	if klog.Threshold >= l {
		print("yolk: net: " + fmt.Sprintf(format, args...) + "\n")
	}
}
