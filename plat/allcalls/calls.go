// Package allcalls serves every file call there is, and maps of files. The boot tool
// adds it to images whose program may make system calls of its own: it imports package
// syscall or golang.org/x/sys/unix outside the standard library.
package allcalls

import (
	"yolk/kernel/posix/file"
	"yolk/kernel/syscalls"
)

func init() {
	syscalls.ServeFiles()
	file.Full()
}
