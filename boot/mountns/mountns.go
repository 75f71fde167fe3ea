// Package mountns starts a process that sees this computer's files, but for some places
// where it has others: folders of this computer, shared, and copies of files, which are
// its own. A machine sees such in its file system; a process has a mount namespace for it
// (mount_namespaces(7)), and if it is not root's a user namespace (user_namespaces(7)).
//
// Its root is a file system in memory. Where a folder holds none of the places it is the
// computer's; where it does, it is in memory, and what is in it is the computer's. New
// files there go with the process.
//
// It imports boot/child.
package mountns

import (
	"errors"
	"strings"
)

// A Place is a file or folder that the process sees elsewhere.
type Place struct {
	Source   string // on this computer, absolute
	Path     string // where the process sees it, absolute and clean, not the root
	Copy     bool   // the process has a copy; a file
	ReadOnly bool   // it cannot change the folder
}

// ErrNot is Run's where the system does not allow it, wrapped with what it says.
var ErrNot = errors.New("this computer lets no user have a mount namespace, which -files and -volumes of a process need (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, or root)")

// A node is a folder on the way to places, or one of them.
type node struct {
	place *Place
	below map[string]*node
}

// tree is the root of all places. The last of two at one path has it.
func tree(places []Place) *node {
	root := &node{below: map[string]*node{}}
	for i, p := range places {
		n := root
		for name := range strings.SplitSeq(strings.Trim(p.Path, "/"), "/") {
			next := n.below[name]
			if next == nil {
				next = &node{below: map[string]*node{}}
				n.below[name] = next
			}
			n = next
		}
		n.place = &places[i]
	}
	return root
}
