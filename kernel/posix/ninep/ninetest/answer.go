package ninetest

import (
	"io"
	"os"
	"syscall"
)

// answer serves a request of a type whose fields in has.
func (s *Server) answer(typ byte, in *reader) ([]byte, error) {
	if s.ReadOnly && s.changes(typ, in.b) {
		in.b = nil
		return nil, syscall.EROFS
	}
	switch typ {
	case 100: // Tversion
		size := in.u32()
		if s.Most != 0 {
			size = min(size, s.Most)
		}
		return appendString(le.AppendUint32(nil, size), in.str()), nil
	case 104: // Tattach
		number := in.u32()
		in.u32()
		in.str()
		in.str()
		in.u32()
		s.fids[number] = &fid{path: s.Root}
		return identity(s.Root)
	case 110:
		return s.walk(in)
	case 120: // Tclunk
		number := in.u32()
		f := s.fids[number]
		if f == nil {
			return nil, syscall.EBADF
		}
		if f.file != nil {
			f.file.Close()
		}
		delete(s.fids, number)
		return nil, nil
	case 24: // Tgetattr
		f := s.fid(in)
		in.u64()
		return f.getattr()
	case 26:
		f := s.fid(in)
		return nil, f.setattr(in)
	}
	return s.answerMore(typ, in)
}

// answerMore serves what is about names and content.
func (s *Server) answerMore(typ byte, in *reader) ([]byte, error) {
	f := s.fid(in)
	switch typ {
	case 12: // Tlopen
		return f.open(int(in.u32()))
	case 14: // Tlcreate
		path := f.in(in.str())
		flags, mode, _ := int(in.u32()), in.u32(), in.u32()
		n, err := syscall.Open(path, flags|syscall.O_CREAT|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, mode)
		if err != nil {
			return nil, err
		}
		f.path, f.file = path, os.NewFile(uintptr(n), path)
		return f.opened()
	case 116: // Tread
		off, n := in.u64(), in.u32()
		b := make([]byte, n)
		k, err := f.file.ReadAt(b, int64(off))
		if err != nil && err != io.EOF {
			return nil, err
		}
		return append(le.AppendUint32(nil, uint32(k)), b[:k]...), nil
	case 118: // Twrite
		off, n := in.u64(), in.u32()
		k, err := syscall.Pwrite(int(f.file.Fd()), in.bytes(int(n)), int64(off))
		return le.AppendUint32(nil, uint32(max(k, 0))), err
	case 40: // Treaddir
		off, n := in.u64(), in.u32()
		return f.readdir(off, int(n)), nil
	case 50: // Tfsync
		in.u32()
		return nil, f.file.Sync()
	case 52: // Tlock
		in.bytes(1 + 4 + 8 + 8 + 4)
		in.str()
		if s.Locked {
			return []byte{1}, nil
		}
		return []byte{0}, nil
	case 22: // Treadlink
		to, err := os.Readlink(f.path)
		return appendString(nil, to), err
	case 8: // Tstatfs
		return f.statfs()
	}
	return s.change(typ, f, in)
}

// change serves what changes names.
func (s *Server) change(typ byte, f *fid, in *reader) ([]byte, error) {
	switch typ {
	case 16: // Tsymlink
		path, to := f.in(in.str()), in.str()
		in.u32()
		if err := syscall.Symlink(to, path); err != nil {
			return nil, err
		}
		return identity(path)
	case 18: // Tmknod
		path, mode := f.in(in.str()), in.u32()
		major, minor, _ := in.u32(), in.u32(), in.u32()
		if err := syscall.Mknod(path, mode, int(major<<8|minor)); err != nil {
			return nil, err
		}
		return identity(path)
	case 70: // Tlink
		return nil, syscall.Link(s.fid(in).path, f.in(in.str()))
	case 72: // Tmkdir
		path, mode, _ := f.in(in.str()), in.u32(), in.u32()
		if err := syscall.Mkdir(path, mode); err != nil {
			return nil, err
		}
		return identity(path)
	case 74: // Trenameat
		from := f.in(in.str())
		return nil, syscall.Rename(from, s.fid(in).in(in.str()))
	case 76: // Tunlinkat
		path, flags := f.in(in.str()), in.u32()
		if flags != 0 {
			return nil, syscall.Rmdir(path)
		}
		return nil, syscall.Unlink(path)
	}
	in.b = nil
	return nil, syscall.EOPNOTSUPP
}

// changes reports whether a request is refused by a server that only reads.
func (s *Server) changes(typ byte, fields []byte) bool {
	switch typ {
	case 14, 16, 18, 26, 70, 72, 74, 76, 118:
		return true
	case 12:
		return le.Uint32(fields[4:])&(syscall.O_ACCMODE|syscall.O_TRUNC) != 0
	}
	return false
}

// open serves Tlopen.
func (f *fid) open(flags int) ([]byte, error) {
	if f.file != nil {
		panic("ninetest: an open fid is opened")
	}
	n, err := syscall.Open(f.path, flags&^syscall.O_CREAT|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f.file = os.NewFile(uintptr(n), f.path)
	f.names, _ = os.ReadDir(f.path)
	return f.opened()
}

// opened is the answer to Tlopen and Tlcreate.
func (f *fid) opened() ([]byte, error) {
	q, err := identity(f.path)
	return le.AppendUint32(q, 0), err
}

func (f *fid) statfs() ([]byte, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(f.path, &st); err != nil {
		return nil, err
	}
	b := le.AppendUint32(le.AppendUint32(nil, uint32(st.Type)), uint32(st.Bsize))
	for _, v := range []uint64{st.Blocks, st.Bfree, st.Bavail, st.Files, st.Ffree, 0} {
		b = le.AppendUint64(b, v)
	}
	return le.AppendUint32(b, uint32(st.Namelen)), nil
}
