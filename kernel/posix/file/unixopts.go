package file

import "syscall"

// Options of SOL_SOCKET that package syscall has no or other names for.
const (
	soPeercred   = 17
	soPassCred   = 16
	soAcceptConn = 30
	soProtocol   = 38
	soDomain     = 39
)

func (s *unixSocket) setOption(level, option uintptr, v *int32, n uintptr) syscall.Errno {
	if level != syscall.SOL_SOCKET {
		return syscall.EOPNOTSUPP
	}
	if n < 4 {
		return syscall.EINVAL
	}
	if v == nil {
		return syscall.EFAULT
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	switch option {
	case soPassCred:
		s.passCred = *v != 0
	case syscall.SO_SNDBUF:
		if s.peer != nil {
			s.peer.buffer = bufferSize(*v)
		}
	case syscall.SO_RCVBUF:
	case soPeercred, syscall.SO_TYPE, syscall.SO_ERROR, soAcceptConn, soProtocol, soDomain:
		return syscall.ENOPROTOOPT
	}
	return 0
}

// bufferSize is what the kernel makes of a size asked for (socket(7)).
func bufferSize(v int32) int { return min(max(2*int(v), 4608), 2*unixBuffer) }

func (s *unixSocket) option(level, option uintptr, p pointer, size *uint32) syscall.Errno {
	if p == nil || size == nil {
		return syscall.EFAULT
	}
	if level != syscall.SOL_SOCKET {
		return syscall.EOPNOTSUPP
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	if option == soPeercred {
		if *size < 12 {
			return syscall.EINVAL
		}
		*(*syscall.Ucred)(p) = s.cred
		*size = 12
		return 0
	}
	v, ok := s.intOption(option)
	if !ok {
		return syscall.ENOPROTOOPT
	}
	if *size < 4 {
		return syscall.EINVAL
	}
	*(*int32)(p) = v
	*size = 4
	return 0
}

func (s *unixSocket) intOption(option uintptr) (v int32, ok bool) {
	switch option {
	case syscall.SO_TYPE:
		v = int32(s.typ)
	case soDomain:
		v = syscall.AF_UNIX
	case soPassCred:
		v = truth(s.passCred)
	case soAcceptConn:
		v = truth(s.state == unixListening)
	case syscall.SO_SNDBUF, syscall.SO_RCVBUF:
		v = int32(s.buffer)
	case syscall.SO_ERROR, soProtocol, syscall.SO_REUSEADDR, syscall.SO_BROADCAST, syscall.SO_KEEPALIVE, syscall.SO_LINGER:
	default:
		return 0, false
	}
	return v, true
}

func truth(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
