package ramfs

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// inodes returns those that have a name, with their number of names.
func (fs *FS) inodes() map[*Inode]int {
	found := map[*Inode]int{}
	var walk func(*Inode)
	walk = func(dir *Inode) {
		for _, e := range dir.dir.entries {
			if e.inode == nil {
				continue
			}
			found[e.inode]++
			walk(e.inode)
		}
	}
	walk(fs.root)
	return found
}

// checkAccount counts again what a tree without unnamed files takes.
func (fs *FS) checkAccount(t testing.TB) {
	t.Helper()
	var used, names int64
	for i := range fs.inodes() {
		used += i.cost()
		for _, c := range i.data.chunks {
			used += int64(cap(c.b)) + chunkCost
		}
		for _, e := range i.dir.entries {
			if e.inode != nil {
				names++
				used += nameBytes(e.name)
			}
		}
	}
	for _, e := range fs.root.dir.entries {
		if e.inode != nil {
			names++
			used += nameBytes(e.name)
		}
	}
	if fs.Used() != used || fs.Names() != names {
		t.Fatalf("%d bytes and %d names are in use, %d and %d are accounted for", used, names, fs.Used(), fs.Names())
	}
}

// TestCost: what the account says of empty files is what they take of the heap.
func TestCost(t *testing.T) {
	const files = 20000
	inUse := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for _, name := range []string{"f", strings.Repeat("n", 200)} {
		fs := New()
		before := inUse()
		for k := range files {
			if _, e := fs.Mknod(fs.root, name+strconv.Itoa(k), syscall.S_IFREG, 0); e != 0 {
				t.Fatal(e)
			}
		}
		took := (inUse() - before) / files
		says := fs.Used() / files
		t.Logf("an empty file with a name of %d bytes takes %d bytes, and %d of the account", len(name)+5, took, says)
		if took > says*11/10 || took < says/2 {
			t.Error("the account is wrong")
		}
		runtime.KeepAlive(fs)
	}
}

// TestRoom fills a small tree in every way there is, has room once it is empty
// again, and the same room as before.
func TestRoom(t *testing.T) {
	const limit = 256 << 10
	path := func(k int) string { return "d/" + strconv.Itoa(k) }
	make1 := func(fs *FS, k int) syscall.Errno {
		_, e := fs.Mknod(fs.root, path(k), syscall.S_IFREG, 0)
		return e
	}
	file := func(fs *FS, k int) *Inode {
		i, _, e := fs.Open(fs.root, path(k), syscall.O_CREAT, 0)
		if e != 0 {
			return nil
		}
		i.Close()
		return i
	}
	unlink := func(fs *FS, k int) { fs.Unlink(fs.root, path(k)) }
	for name, way := range map[string]struct {
		fill  func(fs *FS, k int) syscall.Errno
		empty func(fs *FS, k int)
	}{
		"files":       {make1, unlink},
		"directories": {func(fs *FS, k int) syscall.Errno { return fs.Mkdir(fs.root, path(k), 0) }, func(fs *FS, k int) { fs.Rmdir(fs.root, path(k)) }},
		"long links":  {func(fs *FS, k int) syscall.Errno { return fs.Symlink(strings.Repeat("x", 4000), fs.root, path(k)) }, unlink},
		"hard links": {func(fs *FS, k int) syscall.Errno {
			i, _ := fs.Lookup(fs.root, "first", false)
			return fs.Link(i, fs.root, path(k))
		}, unlink},
		"renamed": {func(fs *FS, k int) syscall.Errno {
			if e := make1(fs, k); e != 0 {
				return e
			}
			return fs.Rename(fs.root, path(k), fs.root, path(k)+strings.Repeat("r", 200), 0)
		}, func(fs *FS, k int) {
			unlink(fs, k) // the last one, which could not be renamed
			fs.Unlink(fs.root, path(k)+strings.Repeat("r", 200))
		}},
		"replaced": {func(fs *FS, k int) syscall.Errno {
			if e := make1(fs, k); e != 0 || k%2 == 0 {
				return e
			}
			return fs.Rename(fs.root, path(k), fs.root, path(k-1), 0)
		}, unlink},
		"content": {func(fs *FS, k int) syscall.Errno {
			i := file(fs, k)
			if i == nil {
				return syscall.ENOSPC
			}
			_, e := i.WriteAt(make([]byte, 1000), 0)
			return e
		}, unlink},
		"sparse": {func(fs *FS, k int) syscall.Errno {
			i, _ := fs.Lookup(fs.root, "first", false)
			_, e := i.WriteAt([]byte{1}, int64(k)<<30)
			return e
		}, func(fs *FS, _ int) {
			i, _ := fs.Lookup(fs.root, "first", false)
			i.Truncate(0)
		}},
		"not yet closed": {func(fs *FS, k int) syscall.Errno {
			i, _, e := fs.Open(fs.root, path(k), syscall.O_CREAT, 0)
			if e == 0 {
				open = append(open, i)
				unlink(fs, k)
			}
			return e
		}, func(*FS, int) {
			for _, i := range open {
				i.Close()
			}
			open = nil
		}},
	} {
		fs := New()
		fs.Mkdir(fs.root, "d", 0)
		fs.Mknod(fs.root, "first", syscall.S_IFREG, 0)
		start := fs.Used()
		fs.Limit, fs.MaxNames = start+limit, fs.Names()+500
		filled := [2]int{}
		for round := range filled {
			k := 0
			for ; k < 100000; k++ {
				if e := way.fill(fs, k); e == syscall.ENOSPC {
					break
				} else if e != 0 {
					t.Fatal(name, e)
				}
			}
			filled[round] = k
			var st syscall.Statfs_t
			if fs.Statfs(fs.Root(), &st); st.Bfree > limit/8/blockSize && st.Ffree > 0 {
				t.Errorf("%s: full with %d blocks of %d and %d names free", name, st.Bfree, st.Blocks, st.Ffree)
			}
			if name != "not yet closed" {
				fs.checkAccount(t)
			}
			for ; k >= 0; k-- {
				way.empty(fs, k)
			}
			if got := fs.Used(); got != start || fs.Names() != 2 {
				t.Errorf("%s: %d bytes of memory and %d names left over", name, got-start, fs.Names()-2)
			}
		}
		if filled[0] != filled[1] || filled[0] == 0 || filled[0] == 100000 {
			t.Errorf("%s: room for %d, then for %d", name, filled[0], filled[1])
		}
	}
}

// open are the files that the way "not yet closed" has open.
var open []*Inode
