package file

import (
	"slices"

	"yolk/kernel/posix/ramfs"
)

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
