package file

import (
	"strings"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// Random fills p with bytes that cannot be predicted and returns how many; it
// is getrandom(2) and /dev/urandom. It returns none when a device should seed the
// generator first, unless told that this was tried. The default traps to the kernel.
var Random = randomTrap

// A memDevice is one of the devices that need no hardware.
type memDevice struct {
	inode *ramfs.Inode
	kind  uint64 // device number
}

// furtherDevices open those that Full, or who calls AddDevice, brings in, by their number.
var furtherDevices map[uint64]func(*ramfs.Inode) File

func addDevice(name string, mode uint32, rdev uint64, open func(*ramfs.Inode) File) {
	if furtherDevices == nil {
		furtherDevices = map[uint64]func(*ramfs.Inode) File{}
	}
	if furtherDevices[rdev] == nil { // else calls may be under way that look
		furtherDevices[rdev] = open
	}
	atFirstUse(func(fs *ramfs.FS) {
		if at := strings.LastIndexByte(name, '/'); at > 0 {
			fs.MkdirAll(name[:at])
		}
		fs.Mknod(fs.Root(), name, syscall.S_IFCHR|mode, rdev)
	})
}

// AddDevice makes a device in the tree, such as "dev/net/tun", by its number, as Linux's
// devices.txt has it (major<<8 | minor). Call it before the first file call.
func AddDevice(name string, rdev uint64, open func() File) {
	addDevice(name, 0o666, rdev, func(i *ramfs.Inode) File {
		i.Close()
		return open()
	})
}

// openDevice opens a character device, by its number.
func openDevice(i *ramfs.Inode) (File, syscall.Errno) {
	switch i.Rdev() {
	case devTTY, devConsole:
		return &consoleDevice{&console, i}, 0
	case devNull, devZero, devFull, devRandom, devUrandom:
		return &memDevice{i, i.Rdev()}, 0
	}
	if open := furtherDevices[i.Rdev()]; open != nil {
		return open(i), 0
	}
	if openOutput != nil {
		return openOutput(i)
	}
	return nil, syscall.ENXIO
}

func (f *memDevice) node() *ramfs.Inode { return f.inode }

func (f *memDevice) Read(p []byte) (int, syscall.Errno) {
	switch f.kind {
	case devNull:
		return 0, 0
	case devZero, devFull:
		clear(p)
		return len(p), 0
	}
	return random(p)
}

// random fills all of p, or says EIO.
func random(p []byte) (int, syscall.Errno) {
	for done := 0; done < len(p); {
		piece := p[done:min(len(p), done+256)]
		n := Random(piece, false)
		if n <= 0 {
			seedRandom()
			n = Random(piece, true)
		}
		if n <= 0 {
			return done, syscall.EIO
		}
		done += n
	}
	return len(p), 0
}

// Ioctl answers how many bits of entropy there are (random(4)): a generator that is seeded has
// all it can use.
func (f *memDevice) Ioctl(request uintptr, arg pointer) (uintptr, syscall.Errno) {
	const rndGetEntCnt, bits = 0x80045200, 256
	if request != rndGetEntCnt || f.kind != devRandom && f.kind != devUrandom {
		return 0, syscall.ENOTTY
	}
	if arg == nil {
		return 0, syscall.EFAULT
	}
	*(*int32)(arg) = bits
	return 0, 0
}

func (f *memDevice) Write(p []byte) (int, syscall.Errno) {
	if f.kind == devFull {
		return 0, syscall.ENOSPC
	}
	return len(p), 0
}

func (f *memDevice) Pread(p []byte, _ int64) (int, syscall.Errno)  { return f.Read(p) }
func (f *memDevice) Pwrite(p []byte, _ int64) (int, syscall.Errno) { return f.Write(p) }
func (f *memDevice) seek(int64, int) (int64, syscall.Errno)        { return 0, 0 }

func (f *memDevice) Stat(st *syscall.Stat_t) syscall.Errno { return f.inode.Stat(st) }

func (f *memDevice) Close() syscall.Errno {
	f.inode.Close()
	return 0
}

// A consoleDevice is /dev/console or /dev/tty, opened.
type consoleDevice struct {
	*consoleFile
	inode *ramfs.Inode
}

func (f *consoleDevice) node() *ramfs.Inode { return f.inode }

func (f *consoleDevice) Stat(st *syscall.Stat_t) syscall.Errno { return f.inode.Stat(st) }

func (f *consoleDevice) Close() syscall.Errno {
	f.inode.Close()
	return 0
}
