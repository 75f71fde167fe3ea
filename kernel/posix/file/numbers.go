package file

// Numbers that are the same on every architecture and that package syscall
// lacks or misses on some. Source: Linux 6.1 include/uapi.
const (
	atFdcwd           = -100
	atSymlinkNofollow = 0x100
	atRemovedir       = 0x200
	atEaccess         = 0x200
	atSymlinkFollow   = 0x400
	atEmptyPath       = 0x1000

	utimeNow  = 1<<30 - 1
	utimeOmit = 1<<30 - 2

	fDupfdCloexec = 1030
	fSetPipeSize  = 1031
	fGetPipeSize  = 1032

	pathMax = 4096
)
