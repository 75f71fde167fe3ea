package file

import "syscall"

// Names of AF_UNIX sockets: a path in the tree, or an abstract name, which
// starts with a zero and ends with its length.

// unixPath is the room for a name in struct sockaddr_un.
const unixPath = 108

// unixName returns the name in an address of n bytes at p, a view of the
// caller's memory. "" is the unnamed address.
func unixName(p pointer, n uintptr) (string, syscall.Errno) {
	b, e := view(p, n)
	if e != 0 || len(b) < 2 || len(b) > 2+unixPath {
		return "", syscall.EINVAL
	}
	if *(*uint16)(p) != syscall.AF_UNIX {
		return "", syscall.EINVAL
	}
	b = b[2:]
	if len(b) > 0 && b[0] != 0 {
		for k, c := range b {
			if c == 0 {
				b = b[:k]
				break
			}
		}
	}
	return string(b), 0
}

// putUnixName writes the address of name to p, as far as *size allows, and its
// whole length to *size.
func putUnixName(name string, p pointer, size *uint32) syscall.Errno {
	if p == nil {
		return 0
	}
	if size == nil {
		return syscall.EFAULT
	}
	var a [2 + unixPath + 1]byte
	a[0] = syscall.AF_UNIX
	n := 2 + copy(a[2:], name)
	if name != "" && name[0] != 0 {
		n++ // the zero of a path
	}
	b, e := view(p, uintptr(*size))
	if e != 0 {
		return e
	}
	copy(b, a[:n])
	*size = uint32(n)
	return 0
}

// unixAt finds the socket that an address names.
func unixAt(name string) (*unixSocket, syscall.Errno) {
	if name == "" {
		return nil, syscall.EINVAL
	}
	if name[0] == 0 {
		unixMu.Lock()
		defer unixMu.Unlock()
		if s := unixAbstract[name]; s != nil {
			return s, 0
		}
		return nil, syscall.ECONNREFUSED
	}
	dir := folder()
	i, e := Tree().Lookup(dir, name, true)
	if e != 0 {
		return nil, e
	}
	defer i.Release()
	s, ok := i.Attached.Load().(*unixSocket)
	if !ok || i.Type() != syscall.S_IFSOCK {
		return nil, syscall.ECONNREFUSED
	}
	return s, 0
}

// bind gives s a name; "" picks an abstract one.
func (s *unixSocket) bind(name string) syscall.Errno {
	unixMu.Lock()
	bound := s.name != ""
	unixMu.Unlock()
	if bound {
		return syscall.EINVAL
	}
	name = string([]byte(name)) // the caller's memory until here
	if name != "" && name[0] != 0 {
		return s.bindPath(name)
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	if unixAbstract == nil {
		unixAbstract = make(map[string]*unixSocket)
	}
	for name == "" {
		unixAuto++
		if auto := autoName(unixAuto); unixAbstract[auto] == nil {
			name = auto
		}
	}
	if unixAbstract[name] != nil {
		return syscall.EADDRINUSE
	}
	unixAbstract[name] = s
	s.name = name
	return 0
}

// autoName is a zero and five hexadecimal digits.
func autoName(n uint32) string {
	var b [6]byte
	for k := 5; k > 0; k-- {
		b[k] = "0123456789abcdef"[n&0xf]
		n >>= 4
	}
	return string(b[:])
}

func (s *unixSocket) bindPath(name string) syscall.Errno {
	i, e := Tree().Mknod(folder(), name, syscall.S_IFSOCK|0o777&^umask(), 0)
	if e == syscall.EEXIST {
		e = syscall.EADDRINUSE
	}
	if e == 0 && i == nil { // in another file system, where the inode stays from now on
		i, e = Tree().Lookup(folder(), name, false)
	}
	if e != 0 {
		return e
	}
	i.Attached.Store(s)
	unixMu.Lock()
	s.name = name
	unixMu.Unlock()
	return 0
}
