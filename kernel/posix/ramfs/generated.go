package ramfs

import "syscall"

// Generated makes a file at path, from the root on, whose content generate
// computes each time it is opened.
func (fs *FS) Generated(path string, generate func() []byte) syscall.Errno {
	i := fs.NewInode(syscall.S_IFREG|0o444, 0)
	i.Generate = generate
	_, e := fs.make(fs.root, path, i)
	return e
}

// Control is Generated for a file that can also be written: accept takes what
// one write call writes.
func (fs *FS) Control(path string, generate func() []byte, accept func(p []byte) syscall.Errno) syscall.Errno {
	i := fs.NewInode(syscall.S_IFREG|0o644, 0)
	i.Generate, i.Accept = generate, accept
	_, e := fs.make(fs.root, path, i)
	return e
}

// Magic makes a symbolic link, from the root on, that reads as target tells
// and leads to what follow finds (nil: nowhere).
func (fs *FS) Magic(path string, target func() []byte, follow func() *Inode) syscall.Errno {
	i := fs.NewInode(syscall.S_IFLNK|0o777, 0)
	i.Generate, i.Follow = target, follow
	_, e := fs.make(fs.root, path, i)
	return e
}

// MkdirDynamic makes a directory, from the root on, whose entries d computes.
func (fs *FS) MkdirDynamic(path string, mode uint32, d Dynamic) syscall.Errno {
	i := fs.newDir(mode)
	i.Dynamic = d
	_, e := fs.make(fs.root, path, i)
	return e
}

// Dynamically returns a directory in i, without entering it, whose entries d computes.
func (i *Inode) Dynamically(mode uint32, d Dynamic) *Inode {
	sub := i.fs.newDir(mode)
	sub.parent, sub.Dynamic = i, d
	return sub
}
