package file

import (
	"sync"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// ownName is what /etc/hosts says of the machine itself: its name, and the address of its
// interface once it has one.
var ownName struct {
	sync.Mutex
	address string
}

// noAddress stands for a machine's own before it has one, as Debian has it.
const noAddress = "127.0.1.1"

// hosts is the text of /etc/hosts. Needs ownName.
func hosts() string {
	address := ownName.address
	if address == "" {
		address = noAddress
	}
	return "127.0.0.1\tlocalhost\n::1\tlocalhost\n" + address + "\t" + hostname() + "\n"
}

// NameHost gives the machine a name, an address, or with "" neither, and has /etc/hosts say
// so, unless the image or the program has another file there.
func NameHost(name, address string) {
	ownName.Lock()
	defer ownName.Unlock()
	old := hosts()
	if name != "" {
		syscall.Sethostname([]byte(name))
	}
	if address != "" {
		ownName.address = address
	}
	text := hosts()
	atFirstUse(func(fs *ramfs.FS) {
		i, e := fs.Lookup(fs.Root(), "etc/hosts", true)
		if e != 0 {
			return
		}
		defer i.Release()
		b := make([]byte, len(old)+1)
		if n, _ := i.ReadAt(b, 0); string(b[:n]) == old {
			i.Truncate(0)
			i.WriteAt([]byte(text), 0)
		}
	})
}

// hostname is what uname says.
func hostname() string {
	var u syscall.Utsname
	syscall.Uname(&u)
	b := make([]byte, 0, len(u.Nodename))
	for _, c := range u.Nodename {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	return string(b)
}
