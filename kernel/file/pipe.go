package file

import (
	"syscall"

	"yolk/kernel/ramfs"
)

func openFIFO(i *ramfs.Inode, flags int) (File, syscall.Errno) { return nil, syscall.ENXIO }
