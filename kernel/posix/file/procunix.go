package file

import (
	"strings"
	"syscall"
)

// procUnix lists the AF_UNIX sockets that have a descriptor (proc(5), /proc/net/unix).
func procUnix() []byte {
	const listening, idle, connected = 1 << 16, 1, 3 // __SO_ACCEPTCON and the states of linux/net.h
	b := []byte("Num       RefCount Protocol Flags    Type St Inode Path\n")
	Each(func(f File) {
		k, ok := f.(*unixSocket)
		if !ok {
			return
		}
		unixMu.Lock()
		state, name := k.state, k.name
		unixMu.Unlock()
		flags, st := uint64(0), uint64(idle)
		switch state {
		case unixListening:
			flags = listening
		case unixConnected:
			st = connected
		}
		b = append(hexadecimal(b, 0, 16), ": "...) // where it is nobody is told
		b = append(hexadecimal(b, 2, 8), " 00000000 "...)
		b = append(hexadecimal(b, flags, 8), ' ')
		b = append(hexadecimal(b, uint64(k.typ), 4), ' ')
		b = append(hexadecimal(b, st, 2), ' ')
		var stat syscall.Stat_t
		k.Stat(&stat)
		b = append(b, decimal(int64(stat.Ino))...)
		if name != "" {
			b = append(append(b, ' '), strings.ReplaceAll(name, "\x00", "@")...)
		}
		b = append(b, '\n')
	})
	return b
}
