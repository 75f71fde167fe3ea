package file

import "syscall"

// Control messages: a 16-byte header (length with header, level, type), the
// data, padding to 8 bytes (cmsg(3)).
const cmsgHeader = 16

// attachControl takes over what a send's control messages carry.
func (m *unixMessage) attachControl(p []byte) syscall.Errno {
	m.cred = syscall.Ucred{}
	credited := false
	for len(p) >= cmsgHeader {
		n := get64(p)
		if n < cmsgHeader || n > uint64(len(p)) {
			putAll(m.rights)
			return syscall.EINVAL
		}
		kind, data := get64(p[8:]), p[cmsgHeader:n]
		e := syscall.EINVAL
		switch kind {
		case syscall.SOL_SOCKET | syscall.SCM_RIGHTS<<32:
			e = m.attachRights(data)
		case syscall.SOL_SOCKET | syscall.SCM_CREDENTIALS<<32:
			if len(data) == 12 {
				m.cred = syscall.Ucred{Pid: get32(data), Uid: uint32(get32(data[4:])), Gid: uint32(get32(data[8:]))}
				e, credited = 0, true
			}
		}
		if e != 0 {
			putAll(m.rights)
			return e
		}
		p = p[min((n+7)&^7, uint64(len(p))):]
	}
	if !credited {
		m.cred = ownCred()
	}
	return 0
}

func (m *unixMessage) attachRights(data []byte) syscall.Errno {
	const most = 253 // SCM_MAX_FD
	if len(data)/4+len(m.rights) > most {
		return syscall.EINVAL
	}
	for ; len(data) >= 4; data = data[4:] {
		d := get(uintptr(get32(data)))
		if d == nil {
			return syscall.EBADF
		}
		m.rights = append(m.rights, d)
	}
	return 0
}

// A controlWriter lays control messages out in p.
type controlWriter struct {
	p    []byte
	n    int
	full bool
}

// header starts a message with up to size bytes of data and returns where
// they go; what fits may be less.
func (w *controlWriter) header(kind uint64, size int) []byte {
	room := len(w.p) - w.n - cmsgHeader
	if room < 0 {
		w.full = true
		return nil
	}
	if room < size {
		w.full = true
		size = room
	}
	p := w.p[w.n:]
	put64(p, uint64(cmsgHeader+size))
	put64(p[8:], kind)
	w.n = min(w.n+(cmsgHeader+size+7)&^7, len(w.p))
	return p[cmsgHeader : cmsgHeader+size]
}

func (w *controlWriter) cred(c *syscall.Ucred) {
	var b [12]byte
	put32(b[0:], uint32(c.Pid))
	put32(b[4:], c.Uid)
	put32(b[8:], c.Gid)
	copy(w.header(syscall.SOL_SOCKET|syscall.SCM_CREDENTIALS<<32, 12), b[:])
}

// rights installs descriptions and hands out their numbers; those for which
// there is no room are closed.
func (w *controlWriter) rights(ds []*description, cloexec bool) {
	room := max(len(w.p)-w.n-cmsgHeader, 0) / 4
	if room < len(ds) {
		w.full = true
		putAll(ds[room:])
		ds = ds[:room]
	}
	if len(ds) == 0 {
		return
	}
	data := w.header(syscall.SOL_SOCKET|syscall.SCM_RIGHTS<<32, 4*len(ds))
	for k, d := range ds {
		fd, e := place(d, 0, cloexec)
		if e != 0 {
			d.put()
			fd = ^uintptr(0)
		}
		put32(data[4*k:], uint32(fd))
	}
}
