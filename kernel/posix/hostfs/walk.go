package hostfs

import (
	"syscall"

	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ramfs"
)

// maxLinks is how many symbolic links one look-up follows (ELOOP).
const maxLinks = 40

// A step is what one request of a walk asks for: names of a path, in order, and what is
// behind them.
type step struct {
	names [ninep.MaxWalk]string
	n     int
	rest  string
}

// next takes names off path, which does not begin with a slash: as many as one request
// has, up to "..", and with parent all but the last.
func next(path string, parent bool) (s step) {
	for s.rest = path; s.n < len(s.names) && s.rest != ""; {
		name, rest := cut(s.rest)
		if name == ".." || parent && rest == "" {
			break
		}
		if s.rest = rest; name != "." {
			s.names[s.n] = name
			s.n++
		}
	}
	return s
}

// cut returns the first name of path, and what is behind the slashes that follow it.
func cut(path string) (name, rest string) {
	k := 0
	for k < len(path) && path[k] != '/' {
		k++
	}
	name = path[:k]
	for k < len(path) && path[k] == '/' {
		k++
	}
	return name, path[k:]
}

// Walk implements ramfs.Node.
func (n *node) Walk(path string, how ramfs.How, links *int) (*ramfs.Inode, string, syscall.Errno) {
	if !n.qid.IsDir() {
		return nil, "", syscall.ENOTDIR
	}
	folder := path[len(path)-1] == '/' // what is there must be one, or a link to one
	n.Use()
	for cur := n; ; {
		s := next(path, how.Parent)
		name, behind := cut(s.rest)
		switch {
		case s.n > 0:
		case s.rest == "":
			return cur.found(folder)
		case name != ".." || how.Parent && behind == "":
			return cur.inode, s.rest, 0 // the last name
		case cur.qid.Path == n.m.root.qid.Path:
			cur.Release()
			return nil, n.m.above() + "/" + behind, 0
		default:
			s.names[0], s.n, s.rest = "..", 1, behind
		}
		to, rest, out, e := cur.step(&s, how.Follow || folder, links)
		if to != cur {
			cur.Release()
		}
		if e != 0 || out != "" {
			return nil, out, e
		}
		if cur, path = to, rest; path == "" && !cur.qid.IsDir() {
			return cur.found(folder)
		}
	}
}

// found is the end of a walk at n.
func (n *node) found(folder bool) (*ramfs.Inode, string, syscall.Errno) {
	e := n.look()
	if e == 0 && folder && !n.qid.IsDir() {
		e = syscall.ENOTDIR
	}
	if e != 0 {
		n.Release()
		return nil, "", e
	}
	if typ := n.inode.Type(); typ == syscall.S_IFIFO || typ == syscall.S_IFSOCK {
		// The host has no more than the name: what is said there is said in this machine.
		if f := n.join(); f != n {
			n.Release()
			n = f
		}
	}
	return n.inode, "", 0
}

// above is the folder that the mount is in, without a slash at its end.
func (m *Mount) above() string {
	k := len(m.place)
	for k > 0 && m.place[k-1] != '/' {
		k--
	}
	return m.place[:max(k-1, 0)]
}

// step goes the names of s from the folder n. It returns where to go on and with what:
// n itself, if a symbolic link there has changed the path; or the path that leads out.
func (n *node) step(s *step, follow bool, links *int) (to *node, rest, out string, e syscall.Errno) {
	names := s.names[:s.n]
	fid, q, done, e := n.m.c.Walk(n.fid, names)
	if e != 0 && len(names) > 1 {
		// Before version 7.0 QEMU does not say how far it came.
		names = names[:1]
		fid, q, done, e = n.m.c.Walk(n.fid, names)
	}
	if e == 0 && done < len(names) {
		switch {
		case q.IsDir():
			return nil, "", "", syscall.ENOENT
		case !q.IsLink():
			return nil, "", "", syscall.ENOTDIR
		}
		names = names[:done]
		if fid, q, done, e = n.m.c.Walk(n.fid, names); e == 0 && done < len(names) {
			e = syscall.ENOENT // removed meanwhile
		}
	}
	if e != 0 {
		return nil, "", "", e
	}
	rest = join(s.names[len(names):s.n], s.rest)
	switch {
	case q.IsLink() && (rest != "" || follow):
		target, e := n.m.c.Readlink(fid)
		n.m.c.Clunk(fid)
		*links++
		switch {
		case e != 0:
			return nil, "", "", e
		case *links > maxLinks:
			return nil, "", "", syscall.ELOOP
		case target[0] == '/':
			return nil, "", target + "/" + rest, 0
		case rest != "":
			target += "/" + rest
		}
		return n, join(names[:len(names)-1], target), "", 0
	case rest != "" && !q.IsDir():
		n.m.c.Clunk(fid)
		return nil, "", "", syscall.ENOTDIR
	}
	return n.m.node(fid, q, below(n.path, names)), rest, "", 0
}

// join is a path of names and what is behind them.
func join(names []string, rest string) (path string) {
	for i, name := range names {
		if path += name; rest != "" || i < len(names)-1 {
			path += "/"
		}
	}
	return path + rest
}

// below is the path that names lead to from another.
func below(path string, names []string) string {
	for _, name := range names {
		if name != ".." {
			path += "/" + name
			continue
		}
		k := len(path)
		for k > 0 && path[k-1] != '/' {
			k--
		}
		path = path[:max(k-1, 0)]
	}
	return path
}
