package file

import (
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// openHow is struct open_how of openat2(2).
type openHow struct{ Flags, Mode, Resolve uint64 }

const openHowSize = 24

// sysOpenat2 is openat that refuses what it does not know, and paths that lead elsewhere.
func sysOpenat2(dirfd uintptr, p, how pointer, n uintptr) (uintptr, syscall.Errno) {
	const (
		known    = oPath | oTmpfile | oNofollow | oDirect | oLargefile | statusFlags | syscall.O_ACCMODE | syscall.O_CREAT | syscall.O_EXCL | syscall.O_TRUNC | syscall.O_NOCTTY | syscall.O_CLOEXEC | syscall.O_DIRECTORY | syscall.O_SYNC
		withPath = oPath | syscall.O_CLOEXEC | syscall.O_DIRECTORY | oNofollow
		resolves = 2*ramfs.ResolveCached - 1
		both     = ramfs.ResolveBeneath | ramfs.ResolveInRoot
	)
	b, e := view(how, n)
	switch {
	case n < openHowSize:
		return 0, syscall.EINVAL
	case n > 4096:
		return 0, syscall.E2BIG
	case e != 0:
		return 0, e
	}
	for _, c := range b[openHowSize:] {
		if c != 0 { // a field of a later release
			return 0, syscall.E2BIG
		}
	}
	h := openHow{get64(b), get64(b[8:]), get64(b[16:])}
	makes := h.Flags&syscall.O_CREAT != 0 || h.Flags&oTmpfile != 0
	switch {
	case h.Flags&^known != 0, h.Mode&^0o7777 != 0, h.Mode != 0 && !makes, h.Resolve&^resolves != 0, h.Resolve&both == both,
		h.Flags&oPath != 0 && h.Flags&^withPath != 0:
		return 0, syscall.EINVAL
	case h.Resolve&ramfs.ResolveCached != 0 && (makes || h.Flags&syscall.O_TRUNC != 0):
		return 0, syscall.EAGAIN
	}
	return openWithin(dirfd, p, int(h.Flags), uint32(h.Mode), int(h.Resolve))
}
