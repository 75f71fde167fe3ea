package file

import (
	"slices"
	"sync"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// inotify(7). The tree tells of every change, on the goroutine that makes it; who watches
// the inode, or the folder that it has a name in, finds an event in its queue.
//
// Locks: the tree's and the inode's, which are held while a change is told, before watching.

// Bits of a mask beyond ramfs's.
const (
	inOverflow   = 0x4000
	inIgnored    = 0x8000
	inOnlyDir    = 0x0100_0000
	inDontFollow = 0x0200_0000
	inMaskCreate = 0x1000_0000
	inMaskAdd    = 0x2000_0000
	inIsDir      = 0x4000_0000
	inOneShot    = 0x8000_0000
	inEvents     = 2*ramfs.MovedSelf - 1

	// What also concerns the folder that a file is in.
	inForFolder = ramfs.Accessed | ramfs.Modified | ramfs.Attributed | ramfs.ClosedWriter | ramfs.ClosedReader | ramfs.Opened

	mostInotifyEvents  = 16384 // in a queue
	mostInotifyWatches = 65536 // of all instances
)

// An inotify is one instance.
type inotify struct {
	anonymous
	watches map[int32]*watch
	last    int32 // descriptor of a watch
	queue   []inotifyEvent
	bytes   int // that reading the queue takes
}

// A watch is an instance's of one inode.
type watch struct {
	of   *inotify
	wd   int32
	mask uint32
	on   *watched
}

// A watched inode has watches. Of a folder the names are known as well: an inode does not
// know which it has.
type watched struct {
	inode   *ramfs.Inode
	watches []*watch
	names   map[*ramfs.Inode]string
	inodes  map[string]*ramfs.Inode
}

// watching is the state of all instances; its maps are made with the first.
var watching struct {
	sync.Mutex
	inodes  map[*ramfs.Inode]*watched
	folders map[*ramfs.Inode][]*watched // those that an inode has a name in
	watches int
}

func sysInotifyInit(flags int) (uintptr, syscall.Errno) {
	if flags&^(syscall.O_CLOEXEC|syscall.O_NONBLOCK) != 0 {
		return 0, syscall.EINVAL
	}
	watching.Lock()
	first := watching.inodes == nil
	if first {
		watching.inodes, watching.folders = map[*ramfs.Inode]*watched{}, map[*ramfs.Inode][]*watched{}
	}
	watching.Unlock()
	if first {
		Tree().Listen(hear)
	}
	return Install(&inotify{watches: map[int32]*watch{}}, syscall.O_RDONLY|uint32(flags))
}

// inotifyOf returns the instance fd with its description.
func inotifyOf(fd uintptr) (*description, *inotify, syscall.Errno) {
	d := getOpen(fd)
	if d == nil {
		return nil, nil, syscall.EBADF
	}
	f, ok := d.file.(*inotify)
	if !ok {
		d.put()
		return nil, nil, syscall.EINVAL
	}
	return d, f, 0
}

func sysInotifyAddWatch(fd uintptr, p pointer, mask uint32) (uintptr, syscall.Errno) {
	d, f, e := inotifyOf(fd)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if mask&inEvents == 0 || mask&(inMaskAdd|inMaskCreate) == inMaskAdd|inMaskCreate {
		return 0, syscall.EINVAL
	}
	i, e := lookup(here, p, 0, mask&inDontFollow == 0)
	if e != 0 {
		return 0, e
	}
	defer i.Release()
	switch {
	case i.Node() != nil:
		return 0, syscall.EOPNOTSUPP // whoever changes something there tells nobody
	case mask&inOnlyDir != 0 && !i.IsDir():
		return 0, syscall.ENOTDIR
	}
	return f.watch(i, mask)
}

// watch adds a watch of i, or changes the one that there is.
func (f *inotify) watch(i *ramfs.Inode, mask uint32) (uintptr, syscall.Errno) {
	watching.Lock()
	on := watching.inodes[i]
	for _, w := range f.watches {
		if w.on != on || on == nil {
			continue
		}
		defer watching.Unlock()
		switch {
		case mask&inMaskCreate != 0:
			return 0, syscall.EEXIST
		case mask&inMaskAdd != 0:
			w.mask |= mask
		default:
			w.mask = mask
		}
		return uintptr(w.wd), 0
	}
	if watching.watches >= mostInotifyWatches {
		watching.Unlock()
		return 0, syscall.ENOSPC
	}
	if on == nil {
		on = &watched{inode: i}
		watching.inodes[i] = on
	}
	f.last++
	w := &watch{f, f.last, mask, on}
	f.watches[w.wd] = w
	on.watches = append(on.watches, w)
	watching.watches++
	learn := i.IsDir() && on.names == nil
	if learn {
		on.names, on.inodes = map[*ramfs.Inode]string{}, map[string]*ramfs.Inode{}
	}
	watching.Unlock()
	if learn {
		i.EachName(func(name string, of *ramfs.Inode) {
			watching.Lock()
			defer watching.Unlock()
			on.enter(of, name)
		})
	}
	return uintptr(w.wd), 0
}

func sysInotifyRmWatch(fd uintptr, wd int32) syscall.Errno {
	d, f, e := inotifyOf(fd)
	if e != 0 {
		return e
	}
	defer d.put()
	watching.Lock()
	defer watching.Unlock()
	w := f.watches[wd]
	if w == nil {
		return syscall.EINVAL
	}
	w.remove()
	return 0
}

// remove ends a watch, and says so.
func (w *watch) remove() {
	w.of.add(inotifyEvent{wd: w.wd, mask: inIgnored})
	delete(w.of.watches, w.wd)
	watching.watches--
	on := w.on
	if on.watches = slices.DeleteFunc(on.watches, func(o *watch) bool { return o == w }); len(on.watches) > 0 {
		return
	}
	delete(watching.inodes, on.inode)
	for name := range on.inodes {
		on.leave(name)
	}
}
