package file

import (
	"sync"
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
	"yolk/kernel/posix/ramfs"
)

// System V shared memory (shmget(2), shmop(2), shmctl(2)): segments are files without names,
// of the memory that files may take, and are attached by mapping them. Full brings it in.

// Flags and commands (linux/ipc.h, linux/shm.h).
const (
	ipcPrivate = 0
	ipcCreate  = 0o1000
	ipcExcl    = 0o2000
	ipcRemove  = 0
	ipcStat    = 2

	shmReadOnly  = 0o10000
	shmRound     = 0o20000
	shmRemap     = 0o40000
	shmExec      = 0o100000
	mapNoReplace = 0x100000 // MAP_FIXED_NOREPLACE
	shmDest      = 0o1000   // in the mode: removed, but attached

	mostSegments = 4096 // SHMMNI
)

// A segment is memory that is attached at any number of places.
type segment struct {
	key                int32
	mode               uint32
	size               uintptr
	inode              *ramfs.Inode
	attached           uint64
	at, detachedAt, on int64 // when it was attached, detached, made; in seconds
}

// A segmentList has segments by identifier, and where they are attached.
type segmentList struct {
	sync.Mutex
	last   int32
	of     map[int32]*segment
	places map[uintptr]int32
}

// segments are all there are.
var segments segmentList

func sysShmget(key int32, size uintptr, flags int) (uintptr, syscall.Errno) {
	segments.Lock()
	defer segments.Unlock()
	if key != ipcPrivate {
		for id, s := range segments.of {
			switch {
			case s.key != key:
			case flags&ipcCreate != 0 && flags&ipcExcl != 0:
				return 0, syscall.EEXIST
			case size > s.size:
				return 0, syscall.EINVAL
			default:
				return uintptr(id), 0
			}
		}
		if flags&ipcCreate == 0 {
			return 0, syscall.ENOENT
		}
	}
	switch {
	case size == 0 || int64(size) < 0:
		return 0, syscall.EINVAL
	case len(segments.of) >= mostSegments:
		return 0, syscall.ENOSPC
	}
	i := Tree().NewInode(syscall.S_IFREG|0o600, 0)
	i.Open()
	if e := i.Truncate(int64(size)); e != 0 {
		i.Close()
		return 0, syscall.ENOMEM
	}
	if segments.of == nil {
		segments.of, segments.places = map[int32]*segment{}, map[uintptr]int32{}
	}
	segments.last++
	segments.of[segments.last] = &segment{key: key, mode: uint32(flags & 0o777), size: size, inode: i, on: seconds()}
	return uintptr(segments.last), 0
}

func sysShmat(id int32, addr uintptr, flags int) (uintptr, syscall.Errno) {
	segments.Lock()
	defer segments.Unlock()
	s := segments.of[id]
	if s == nil {
		return 0, syscall.EINVAL
	}
	how, prot := syscall.MAP_SHARED, syscall.PROT_READ|syscall.PROT_WRITE
	if flags&shmReadOnly != 0 {
		how, prot = how|abi.ObjectNoWrite, syscall.PROT_READ
	}
	if flags&shmExec != 0 {
		prot |= syscall.PROT_EXEC
	}
	switch {
	case addr == 0 && flags&shmRemap != 0:
		return 0, syscall.EINVAL
	case addr != 0:
		if flags&shmRound != 0 {
			addr &^= abi.PageSize - 1
		}
		if how |= mapNoReplace; flags&shmRemap != 0 {
			how = how&^mapNoReplace | syscall.MAP_FIXED
		}
		if addr%abi.PageSize != 0 {
			return 0, syscall.EINVAL
		}
	}
	va, e := mapInode(s.inode, addr, s.size, prot, how, 0)
	if e == syscall.EEXIST {
		e = syscall.EINVAL
	}
	if e != 0 {
		return 0, e
	}
	segments.detach(va) // what was replaced
	s.attached++
	s.at = seconds()
	segments.places[va] = id
	return va, 0
}

func sysShmdt(addr uintptr) syscall.Errno {
	segments.Lock()
	defer segments.Unlock()
	id, ok := segments.places[addr]
	if !ok {
		return syscall.EINVAL
	}
	n := segments.of[id].size
	if e := unmapFrames(addr, n); e != 0 {
		return e
	}
	segments.detach(addr)
	return 0
}

// sysShmctl serves IPC_STAT and IPC_RMID; there is one user, whom nothing else is about.
func sysShmctl(id int32, command int, to *shmDescription) (uintptr, syscall.Errno) {
	segments.Lock()
	defer segments.Unlock()
	s := segments.of[id]
	switch {
	case s == nil || command != ipcRemove && command != ipcStat:
		return 0, syscall.EINVAL
	case command == ipcRemove:
		s.mode |= shmDest
		s.key = ipcPrivate // nobody finds it any more
		segments.drop(id)
	case to == nil:
		return 0, syscall.EFAULT
	default:
		own := int32(syscall.Getpid())
		*to = shmDescription{key: s.key, mode: s.mode, size: uint64(s.size), at: s.at, detachedAt: s.detachedAt, on: s.on,
			creator: own, last: own, attached: s.attached}
	}
	return 0, 0
}

// A shmDescription is struct shmid64_ds.
type shmDescription struct {
	key                  int32
	uid, gid, cuid, cgid uint32
	mode                 uint32
	sequence             uint16
	_                    [2]uint64
	size                 uint64
	at, detachedAt, on   int64
	creator, last        int32
	attached             uint64
	_                    [2]uint64
}

const _ = uint(unsafe.Sizeof(shmDescription{})-112) + uint(112-unsafe.Sizeof(shmDescription{}))

// seconds is the time of day.
func seconds() int64 {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockRealtime, uintptr(unsafe.Pointer(&now)), 0)
	return now.Sec
}

// detach forgets what is attached at an address.
func (l *segmentList) detach(addr uintptr) {
	id, ok := l.places[addr]
	if !ok {
		return
	}
	delete(l.places, addr)
	s := l.of[id]
	s.attached--
	s.detachedAt = seconds()
	l.drop(id)
}

// drop frees a segment that is removed and attached nowhere.
func (l *segmentList) drop(id int32) {
	if s := l.of[id]; s.mode&shmDest != 0 && s.attached == 0 {
		delete(l.of, id)
		s.inode.Close()
	}
}
