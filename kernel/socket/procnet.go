package socket

import (
	"syscall"

	"yolk/kernel/file"
)

// plantProc makes the files of /proc/net that programs read: package net lists
// multicast groups from igmp and igmp6.
func (s *Stack) plantProc() {
	fs := file.Tree()
	for _, g := range [...]struct {
		name string
		text func() string
	}{
		{"proc/net/dev", s.Dev},
		{"proc/net/igmp", s.IGMP},
		{"proc/net/igmp6", s.IGMP6},
	} {
		i, e := fs.Mknod(fs.Root(), g.name, syscall.S_IFREG|0o444, 0)
		if e == syscall.EEXIST {
			i, e = fs.Lookup(fs.Root(), g.name, true) // of a stack before this one
		}
		if e != 0 {
			s.opt.Logf("/%s: %v", g.name, e)
			continue
		}
		i.Generate = func() []byte { return []byte(g.text()) }
	}
}
