package file

import (
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// openOutput opens the devices that Output made, nil while there are none: the
// linker leaves them out of an image which does not call Output.
var openOutput func(*ramfs.Inode) (File, syscall.Errno)

// A Write takes what is written to a device, all of it unless it fails, on the
// goroutine that writes, which it may block. It may be called concurrently, and
// must not keep p.
type Write func(p []byte) (int, syscall.Errno)

// Output makes a character device that programs write to, with a number as Linux's
// devices.txt has it (major<<8 | minor); reading it finds the end of the file. open
// is called each time the device is opened. Call it from an initialiser; like
// WriteFile it waits for the tree's first use.
func Output(name string, number uint64, open func() (Write, syscall.Errno)) {
	openOutput = func(i *ramfs.Inode) (File, syscall.Errno) {
		open, ok := i.Attached.Load().(func() (Write, syscall.Errno))
		if !ok {
			return nil, syscall.ENXIO // made by mknod
		}
		w, e := open()
		if e != 0 {
			return nil, e
		}
		return &output{memDevice{i, devNull}, w}, 0
	}
	atFirstUse(func(fs *ramfs.FS) {
		if i, e := fs.Mknod(fs.Root(), name, syscall.S_IFCHR|0o600, number); e == 0 {
			i.Attached.Store(open)
		}
	})
}

// An output is a device of Output, opened: to read, it is /dev/null.
type output struct {
	memDevice
	write Write
}

func (f *output) Write(p []byte) (int, syscall.Errno)           { return f.write(p) }
func (f *output) Pwrite(p []byte, _ int64) (int, syscall.Errno) { return f.write(p) }
