package file

import (
	"sync"
	"sync/atomic"
	"syscall"
)

// AF_UNIX sockets, by unix(7): in memory, bound to names in the tree or to
// abstract names. unixMu guards all of them; it is below every lock but those
// of Pollables, and is not held while the tree or the descriptor table is
// asked.
var (
	unixMu       sync.Mutex
	unixAbstract map[string]*unixSocket
	unixAuto     uint32 // the last autobound name
	unixInodes   atomic.Uint64
)

// States of a unixSocket.
type unixState int

const (
	unixIdle      unixState = iota // as made; a datagram socket stays here
	unixListening                  // takes connections
	unixConnected                  // has, or had, a peer
	unixClosed
)

// unixBuffer is the most bytes that wait at a receiver (net.core.wmem_default)
// and unixQueue the most messages that wait at a datagram receiver.
const (
	unixBuffer = 212992
	unixQueue  = 512
)

type unixSocket struct {
	Pollable
	typ uintptr // SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
	ino uint64

	// Guarded by unixMu.
	state    unixState
	name     string       // sun_path as bound, without a path's zero; "" when unbound
	peer     *unixSocket  // what sends go to
	queue    unixMessages // received
	pending  []*unixSocket
	backlog  int
	blocked  []*unixSocket // senders to tell when the queue shrinks
	shutRead bool          // nothing more comes in
	shutSend bool
	reset    bool // the peer went with data unread
	passCred bool
	buffer   int
	cred     syscall.Ucred // of the peer when it connected
}

func newUnix(typ, proto uintptr) (Socket, syscall.Errno) {
	switch typ {
	case syscall.SOCK_STREAM, syscall.SOCK_DGRAM, syscall.SOCK_SEQPACKET:
	case syscall.SOCK_RAW:
		typ = syscall.SOCK_DGRAM
	default:
		return nil, syscall.ESOCKTNOSUPPORT
	}
	if proto != 0 && proto != syscall.AF_UNIX {
		return nil, syscall.EPROTONOSUPPORT
	}
	return makeUnix(typ), 0
}

func makeUnix(typ uintptr) *unixSocket {
	return &unixSocket{typ: typ, ino: unixInodes.Add(1), buffer: unixBuffer}
}

func sysSocketpair(domain, typ uintptr, out *[2]int32) syscall.Errno {
	if domain != syscall.AF_UNIX {
		return syscall.EOPNOTSUPP
	}
	one, e := newUnix(typ&^sockFlags, 0)
	if e != 0 {
		return e
	}
	a := one.(*unixSocket)
	b := makeUnix(a.typ)
	a.state, a.peer, b.state, b.peer = unixConnected, b, unixConnected, a
	a.cred = ownCred()
	b.cred = a.cred
	afd, e := Install(a, SocketFlags(typ))
	if e != 0 {
		return e
	}
	bfd, e := Install(b, SocketFlags(typ))
	if e != 0 {
		remove(afd)
		return e
	}
	*out = [2]int32{int32(afd), int32(bfd)}
	return 0
}

// ownCred is who makes the calls: always the one process, as root.
func ownCred() syscall.Ucred { return syscall.Ucred{Pid: int32(syscall.Getpid())} }

// stream says whether message boundaries do not count.
func (s *unixSocket) stream() bool { return s.typ == syscall.SOCK_STREAM }

// connectionless says whether sends may name their receiver.
func (s *unixSocket) connectionless() bool { return s.typ == syscall.SOCK_DGRAM }

func (s *unixSocket) Stat(st *syscall.Stat_t) syscall.Errno {
	*st = syscall.Stat_t{Dev: 3, Ino: s.ino, Mode: syscall.S_IFSOCK | 0o777, Nlink: 1, Blksize: 4096}
	return 0
}

func (s *unixSocket) Poll() (r uint32) {
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.queue.n > 0 || len(s.pending) > 0 || s.ended() {
		r |= PollIn
	}
	if s.state != unixListening && (s.peer == nil || s.peer.accepts(1) || s.peer.state == unixClosed) {
		r |= PollOut
	}
	if s.ended() && s.state == unixConnected {
		r |= PollRdHup
		if s.shutSend || s.peer == nil || s.peer.state == unixClosed {
			r |= PollHup
		}
	}
	if s.state == unixIdle && !s.connectionless() {
		r |= PollOut | PollHup
	}
	return r
}

// ended says whether reads of an empty queue are at the end. Needs unixMu.
func (s *unixSocket) ended() bool {
	if s.shutRead || s.reset {
		return true
	}
	if s.connectionless() || s.state != unixConnected {
		return false
	}
	return s.peer == nil || s.peer.state == unixClosed || s.peer.shutSend
}

// accepts says whether a message of n bytes may be queued at s. Needs unixMu.
func (s *unixSocket) accepts(n int) bool {
	if s.queue.n == 0 {
		return true
	}
	if s.connectionless() && s.queue.n >= unixQueue || short() {
		return false
	}
	return s.queue.size+unixMessageSize+n <= s.buffer
}

// room returns how long a message may be that s accepts. Needs unixMu.
func (s *unixSocket) room() int {
	switch {
	case short():
		return queueLeast
	case s.queue.n == 0:
		return s.buffer
	}
	return s.buffer - s.queue.size - unixMessageSize
}

// Close frees the name's use (a name in the tree stays), refuses connections
// that wait, and tells the peer.
func (s *unixSocket) Close() syscall.Errno {
	unixMu.Lock()
	was := s.state
	s.state = unixClosed
	if s.name != "" && s.name[0] == 0 && unixAbstract[s.name] == s {
		delete(unixAbstract, s.name)
	}
	pending, blocked := s.pending, s.blocked
	s.pending, s.blocked = nil, nil
	peer := s.peer
	if peer != nil && was == unixConnected && peer.peer == s {
		peer.reset = s.queue.n > 0 && !s.connectionless()
		peer.Post(ModeBoth)
	}
	dropped := s.queue
	s.queue = unixMessages{}
	for _, b := range blocked {
		b.Post(ModeWrite)
	}
	unixMu.Unlock()
	dropped.discard()
	for _, p := range pending {
		p.Close()
	}
	return 0
}

func (s *unixSocket) shutdown(how uintptr) syscall.Errno {
	unixMu.Lock()
	defer unixMu.Unlock()
	if how > syscall.SHUT_RDWR {
		return syscall.EINVAL
	}
	if s.state != unixConnected {
		return syscall.ENOTCONN
	}
	if how != syscall.SHUT_WR {
		s.shutRead = true
	}
	if how != syscall.SHUT_RD {
		s.shutSend = true
	}
	s.Post(ModeBoth)
	if s.peer != nil {
		s.peer.Post(ModeBoth)
	}
	return 0
}

// Ioctl serves FIONREAD: the bytes of a stream's queue, or the first message's.
func (s *unixSocket) Ioctl(request uintptr, arg pointer) (uintptr, syscall.Errno) {
	if request != fionread || arg == nil {
		return 0, syscall.ENOTTY
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	n := s.queue.bytes
	if !s.stream() && n > 0 {
		n = len(s.queue.first.data)
	}
	*(*int32)(arg) = int32(n)
	return 0, 0
}
