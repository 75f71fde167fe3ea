package file

import "yolk/kernel/ramfs"

func plantProc(fs *ramfs.FS) {}
