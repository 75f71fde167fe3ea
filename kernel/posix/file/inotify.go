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

type inotifyEvent struct {
	wd           int32
	mask, cookie uint32
	name         string
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

// enter and leave note a name of a folder. A second one that a file has there is not
// reported.
func (on *watched) enter(i *ramfs.Inode, name string) {
	on.leave(name)
	if on.names[i] == "" {
		watching.folders[i] = append(watching.folders[i], on)
	} else {
		delete(on.inodes, on.names[i])
	}
	name = string([]byte(name)) // the change's own is its caller's
	on.names[i], on.inodes[name] = name, i
}

func (on *watched) leave(name string) {
	i := on.inodes[name]
	if i == nil {
		return
	}
	delete(on.inodes, name)
	delete(on.names, i)
	rest := slices.DeleteFunc(watching.folders[i], func(o *watched) bool { return o == on })
	if watching.folders[i] = rest; len(rest) == 0 {
		delete(watching.folders, i)
	}
}

// hear is told of each change in the tree.
func hear(c ramfs.Change) {
	watching.Lock()
	defer watching.Unlock()
	if len(watching.inodes) == 0 {
		return
	}
	mask := c.Mask
	if c.Inode.IsDir() && mask&(ramfs.DeletedSelf|ramfs.MovedSelf) == 0 {
		mask |= inIsDir
	}
	if c.Dir != nil {
		on := watching.inodes[c.Dir]
		if on == nil {
			return
		}
		if mask&(ramfs.Created|ramfs.MovedTo) != 0 {
			on.enter(c.Inode, c.Name)
		} else if on.inodes[c.Name] == c.Inode { // it is another's already when two change places
			on.leave(c.Name)
		}
		on.send(mask, c.Cookie, c.Name)
		return
	}
	if mask&inForFolder != 0 && mask&ramfs.Relinked == 0 {
		for _, on := range watching.folders[c.Inode] {
			on.send(mask, 0, on.names[c.Inode])
		}
	}
	on := watching.inodes[c.Inode]
	if on == nil {
		return
	}
	on.send(mask&^ramfs.Relinked, 0, "")
	if mask&ramfs.DeletedSelf != 0 {
		for len(on.watches) > 0 {
			on.watches[0].remove()
		}
	}
}

// send tells those who watch an inode.
func (on *watched) send(mask, cookie uint32, name string) {
	for k := 0; k < len(on.watches); {
		w := on.watches[k]
		k++
		if w.mask&mask&inEvents == 0 {
			continue
		}
		w.of.add(inotifyEvent{w.wd, mask, cookie, name})
		if w.mask&inOneShot != 0 {
			w.remove()
			k--
		}
	}
}

// add queues an event, unless it is like the last.
func (f *inotify) add(e inotifyEvent) {
	if n := len(f.queue); n > 0 && f.queue[n-1] == e {
		return
	} else if n == mostInotifyEvents {
		e = inotifyEvent{wd: -1, mask: inOverflow}
	} else if n > mostInotifyEvents {
		return
	}
	e.name = string([]byte(e.name))
	f.queue = append(f.queue, e)
	f.bytes += e.size()
	f.Post(ModeRead)
}

// The head of struct inotify_event; its name is filled up with zeros to a multiple of that.
const inotifyHead = 16

func (e *inotifyEvent) size() int {
	if e.name == "" {
		return inotifyHead
	}
	return inotifyHead + (len(e.name)+inotifyHead)&^(inotifyHead-1)
}

func (f *inotify) Read(p []byte) (n int, _ syscall.Errno) {
	watching.Lock()
	defer watching.Unlock()
	if len(f.queue) == 0 {
		return 0, syscall.EAGAIN
	}
	done := 0
	for done < len(f.queue) && len(p)-n >= f.queue[done].size() {
		e := &f.queue[done]
		b := p[n : n+e.size()]
		put64(b, uint64(e.mask)<<32|uint64(uint32(e.wd)))
		put64(b[8:], uint64(e.size()-inotifyHead)<<32|uint64(e.cookie))
		clear(b[inotifyHead+copy(b[inotifyHead:], e.name):])
		n += len(b)
		done++
	}
	if n == 0 {
		return 0, syscall.EINVAL
	}
	f.bytes -= n
	if f.queue = f.queue[done:]; len(f.queue) == 0 {
		f.queue = nil
	}
	return n, 0
}

func (f *inotify) Write([]byte) (int, syscall.Errno) { return 0, syscall.EBADF }

func (f *inotify) Poll() (r uint32) {
	watching.Lock()
	defer watching.Unlock()
	if len(f.queue) > 0 {
		r = PollIn
	}
	return r
}

func (f *inotify) Ioctl(request uintptr, arg pointer) (uintptr, syscall.Errno) {
	if request != fionread {
		return 0, syscall.ENOTTY
	}
	if arg == nil {
		return 0, syscall.EFAULT
	}
	watching.Lock()
	defer watching.Unlock()
	*(*int32)(arg) = int32(f.bytes)
	return 0, 0
}

func (f *inotify) Close() syscall.Errno {
	watching.Lock()
	defer watching.Unlock()
	for _, w := range f.watches {
		w.remove()
	}
	return 0
}
