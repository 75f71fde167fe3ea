package file

import (
	"strings"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// A Listing is a folder of computed files and folders. Its functions are called with the
// tree locked: they may not use it, nor wait.
type Listing struct {
	Names func() []string
	// Open returns a file's text, which is made with nothing locked when it is opened, or
	// what a folder lists; nil for both when there is no such name.
	Open func(name string) (text func() []byte, folder *Listing)
}

// List makes a folder of the tree, and those above it, when the tree is first used. Whoever
// opens it waits first.
func List(name string, l *Listing, wait func()) {
	atFirstUse(func(fs *ramfs.FS) { plantListing(fs, name, l) })
	if wait != nil {
		Await(name, wait)
	}
}

func plantListing(fs *ramfs.FS, name string, l *Listing) {
	fs.MkdirAll(name[:max(strings.LastIndexByte(name, '/'), 0)])
	at := &listed{Listing: l}
	fs.MkdirDynamic(name, 0o555, at)
	at.folder, _ = fs.Lookup(fs.Root(), name, true)
}

// listed is a Listing at its place.
type listed struct {
	*Listing
	folder *ramfs.Inode
}

func (l *listed) Entry(k int) (string, int) {
	if names := l.Names(); k < len(names) {
		return names[k], k
	}
	return "", 0
}

func (l *listed) Find(name string) *ramfs.Inode {
	text, folder := l.Open(name)
	switch {
	case folder != nil:
		below := &listed{Listing: folder}
		below.folder = l.folder.Dynamically(0o555, below)
		return below.folder
	case text != nil:
		i := Tree().NewInode(syscall.S_IFREG|0o444, 0)
		i.Generate = text
		return i
	}
	return nil
}
