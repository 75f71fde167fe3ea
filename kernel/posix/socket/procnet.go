package socket

import "yolk/kernel/posix/file"

// plantProc makes the files of /proc/net that programs read: package net lists
// multicast groups from igmp and igmp6.
func (s *Stack) plantProc() {
	file.Generate("proc/net/dev", func() []byte { return []byte(s.Dev()) })
	file.Generate("proc/net/sockstat", func() []byte { return []byte(s.Sockstat()) })
	file.Generate("proc/net/igmp", func() []byte { return []byte(s.IGMP()) })
	file.Generate("proc/net/igmp6", func() []byte { return []byte(s.IGMP6()) })
}
