package ramfs

import "syscall"

// Extended attributes (xattr(7)): small values by name, which go with the inode.

// xattrCost is the bytes of an attribute, without name and value.
const xattrCost = 96

// Limits of a name and of a value.
const (
	XattrNameMax = 255
	XattrSizeMax = 65536
)

// Flags of SetXattr.
const (
	XattrCreate  = 1 // the name must be new
	XattrReplace = 2 // it must not
)

// SetXattr gives i an attribute. It copies both.
func (i *Inode) SetXattr(name string, value []byte, flags int) syscall.Errno {
	i.mu.Lock()
	defer i.mu.Unlock()
	old, there := i.xattrs[name]
	switch {
	case flags&XattrCreate != 0 && there:
		return syscall.EEXIST
	case flags&XattrReplace != 0 && !there:
		return syscall.ENODATA
	}
	more := int64(len(value) - len(old))
	if !there {
		more += xattrCost + int64(len(name))
	}
	if !i.fs.reserve(more) {
		return syscall.ENOSPC
	}
	if i.xattrs == nil {
		i.xattrs = map[string][]byte{}
	}
	i.xattrs[string([]byte(name))] = append([]byte{}, value...)
	i.attributed()
	return 0
}

// RemoveXattr takes it away again.
func (i *Inode) RemoveXattr(name string) syscall.Errno {
	i.mu.Lock()
	defer i.mu.Unlock()
	value, there := i.xattrs[name]
	if !there {
		return syscall.ENODATA
	}
	delete(i.xattrs, name)
	i.fs.reserve(-xattrCost - int64(len(name)+len(value)))
	i.attributed()
	return 0
}

func (i *Inode) attributed() {
	i.ctime = Now()
	i.Happened(Attributed)
}

// Xattr returns an attribute's value, which nobody changes.
func (i *Inode) Xattr(name string) ([]byte, syscall.Errno) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	value, there := i.xattrs[name]
	if !there {
		return nil, syscall.ENODATA
	}
	return value, 0
}

// Xattrs returns the names, each with a zero after it.
func (i *Inode) Xattrs() (list []byte) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	for name := range i.xattrs {
		list = append(append(list, name...), 0)
	}
	return list
}

// xattrBytes is what they take. Needs i.mu.
func (i *Inode) xattrBytes() (n int64) {
	for name, value := range i.xattrs {
		n += xattrCost + int64(len(name)+len(value))
	}
	return n
}
