// Package ninetest is a server of 9P2000.L in the same process, over a folder of this
// computer, for tests of what speaks to one.
package ninetest

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// A Server serves the folder Root. It answers one request at a time.
type Server struct {
	Root string
	// Most is the largest message that it agrees to, 0 for any.
	Most uint32
	// Locked says that another client has all locks.
	Locked bool
	// ReadOnly refuses what changes something, with EROFS.
	ReadOnly bool

	mu    sync.Mutex
	fids  map[uint32]*fid
	Count map[byte]int // requests by type
}

// A fid is a path of the server's, and perhaps a file that is open.
type fid struct {
	path  string
	file  *os.File
	names []os.DirEntry // of an open folder
}

var le = binary.LittleEndian

// Fids returns how many fids its client has.
func (s *Server) Fids() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fids)
}

// Requests returns how many requests of a type there were.
func (s *Server) Requests(typ byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Count[typ]
}

// Serve answers a request.
func (s *Server) Serve(request []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fids == nil {
		s.fids, s.Count = map[uint32]*fid{}, map[byte]int{}
	}
	if len(request) < 7 || int(le.Uint32(request)) != len(request) {
		panic("ninetest: a request of the wrong length")
	}
	typ := request[4]
	s.Count[typ]++
	in := &reader{request[7:]}
	fields, err := s.answer(typ, in)
	if len(in.b) != 0 && err == nil {
		panic("ninetest: a request with bytes left over")
	}
	out := append([]byte{0, 0, 0, 0, typ + 1, request[5], request[6]}, fields...)
	if err != nil {
		e := syscall.EIO
		errors.As(err, &e)
		out = le.AppendUint32(append(out[:4], 7, request[5], request[6]), uint32(e))
	}
	le.PutUint32(out, uint32(len(out)))
	return out
}

// A reader takes a request apart.
type reader struct{ b []byte }

func (r *reader) bytes(n int) []byte {
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
func (r *reader) u8() byte    { return r.bytes(1)[0] }
func (r *reader) u16() uint16 { return le.Uint16(r.bytes(2)) }
func (r *reader) u32() uint32 { return le.Uint32(r.bytes(4)) }
func (r *reader) u64() uint64 { return le.Uint64(r.bytes(8)) }
func (r *reader) str() string { return string(r.bytes(int(r.u16()))) }

func appendString(b []byte, s string) []byte {
	return append(le.AppendUint16(b, uint16(len(s))), s...)
}

const qidDir = 0x80

// qid appends the identity of what st describes.
func qid(b []byte, st *syscall.Stat_t) []byte {
	typ := byte(0)
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		typ = qidDir
	case syscall.S_IFLNK:
		typ = 0x02
	}
	return le.AppendUint64(le.AppendUint32(append(b, typ), 0), st.Ino)
}

// identity is qid of a path.
func identity(path string) ([]byte, error) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return nil, err
	}
	return qid(nil, &st), nil
}

// fid reads a fid, which must be one.
func (s *Server) fid(in *reader) *fid {
	f := s.fids[in.u32()]
	if f == nil {
		panic("ninetest: a request for no fid")
	}
	return f
}

// in returns the path of a name in the folder f.
func (f *fid) in(name string) string {
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		panic("ninetest: a name of " + name)
	}
	return filepath.Join(f.path, name)
}

// walk serves Twalk.
func (s *Server) walk(in *reader) ([]byte, error) {
	from, to := s.fid(in), in.u32()
	n := int(in.u16())
	path, done := from.path, 0
	var qids []byte
	var failed error
	for range n {
		name := in.str()
		if failed != nil {
			continue
		}
		if name == ".." {
			if path != s.Root {
				path = filepath.Dir(path)
			}
		} else {
			path = (&fid{path: path}).in(name)
		}
		q, err := identity(path)
		if done > 0 && qids[len(qids)-13] != qidDir {
			err = syscall.ENOTDIR // a server follows no links
		}
		if failed = err; err == nil {
			qids = append(qids, q...)
			done++
		}
	}
	if failed != nil && done == 0 {
		return nil, failed
	}
	if done == n {
		if s.fids[to] != nil {
			panic("ninetest: a fid twice")
		}
		s.fids[to] = &fid{path: path}
	}
	return append(le.AppendUint16(nil, uint16(done)), qids...), nil
}

// readdir serves Treaddir.
func (f *fid) readdir(offset uint64, n int) (out []byte) {
	for i := offset; i < uint64(len(f.names)); i++ {
		e := f.names[i]
		q, err := identity(f.in(e.Name()))
		if err != nil {
			continue
		}
		b := append(le.AppendUint64(q, i+1), 0)
		b = appendString(b, e.Name())
		if len(out)+len(b) > n {
			break
		}
		out = append(out, b...)
	}
	return append(le.AppendUint32(nil, uint32(len(out))), out...)
}

// getattr serves Tgetattr.
func (f *fid) getattr() ([]byte, error) {
	var st syscall.Stat_t
	if err := syscall.Lstat(f.path, &st); err != nil {
		if f.file == nil {
			return nil, err
		}
		if err := syscall.Fstat(int(f.file.Fd()), &st); err != nil {
			return nil, err
		}
	}
	b := qid(le.AppendUint64(nil, 0x7ff), &st)
	for _, v := range []uint32{st.Mode, st.Uid, st.Gid} {
		b = le.AppendUint32(b, v)
	}
	for _, v := range []int64{int64(st.Nlink), int64(st.Rdev), st.Size, int64(st.Blksize), st.Blocks,
		st.Atim.Sec, st.Atim.Nsec, st.Mtim.Sec, st.Mtim.Nsec, st.Ctim.Sec, st.Ctim.Nsec, 0, 0, 0, 0} {
		b = le.AppendUint64(b, uint64(v))
	}
	return b, nil
}

// setattr serves Tsetattr.
func (f *fid) setattr(in *reader) error {
	valid, mode, _, _ := in.u32(), in.u32(), in.u32(), in.u32()
	size := in.u64()
	a, m := [2]uint64{in.u64(), in.u64()}, [2]uint64{in.u64(), in.u64()}
	if valid&1 != 0 {
		if err := syscall.Chmod(f.path, mode&0o7777); err != nil {
			return err
		}
	}
	if valid&8 != 0 {
		if err := syscall.Truncate(f.path, int64(size)); err != nil {
			return err
		}
	}
	if valid&0x30 != 0 {
		const omit = 1<<30 - 2
		times := []syscall.Timespec{{Nsec: omit}, {Nsec: omit}}
		if valid&0x10 != 0 {
			times[0] = syscall.Timespec{Sec: int64(a[0]), Nsec: int64(a[1])}
		}
		if valid&0x20 != 0 {
			times[1] = syscall.Timespec{Sec: int64(m[0]), Nsec: int64(m[1])}
		}
		return syscall.UtimesNano(f.path, times)
	}
	return nil
}
