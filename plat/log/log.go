//go:build yolk

// Package log adds lines about the network and its devices to the kernel's log. It is for
// goroutines: they print, because klog is the kernel's own. It may import
// kernel/{cmdline,klog}.
package log

import (
	"fmt"

	"yolk/kernel/cmdline"
	"yolk/kernel/klog"
)

// Keep, if it is not nil, gets each line as well, with a level of syslog(3). Set it before
// the first line.
var Keep func(level int, line string)

// syslogLevels are those of klog, in its order.
var syslogLevels = [...]int{klog.Error: 3, klog.Warn: 4, klog.Info: 6, klog.Debug: 7}

// A Library's lines begin with its name.
type Library klog.Library

const (
	Net    = Library(klog.Net)
	Netdev = Library(klog.Netdev)
	USB    = Library(klog.USB)
)

// Infof adds a line at level info. Inlined it would make each image larger for what
// is seldom wanted.
//
//go:noinline
func (of Library) Infof(format string, args ...any) { of.line(klog.Info, format, args) }

// Warnf adds a line that is seen unless only errors are wanted.
//
//go:noinline
func (of Library) Warnf(format string, args ...any) { of.line(klog.Warn, format, args) }

func (of Library) line(l klog.Level, format string, args []any) {
	if klog.Wants(klog.Library(of), l) {
		line := "yolk: " + cmdline.Libraries[of] + ": " + fmt.Sprintf(format, args...)
		print(line + "\n")
		if Keep != nil {
			Keep(syslogLevels[l], line)
		}
	}
}
