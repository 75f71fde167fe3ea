package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// anonymous opens a file on dir's file system that no folder lists: it goes with
// the process. Not every file system has such (open(2), O_TMPFILE).
func anonymous(dir string, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(dir, unix.O_TMPFILE|os.O_RDWR, mode)
}

// link names such a file, or where the name is taken gives it a temporary one
// beside it, to be renamed: a link does not replace.
func link(f *os.File, name string) (temporary string, err error) {
	self := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	to := name
	for try := 0; ; try++ {
		err := unix.Linkat(unix.AT_FDCWD, self, unix.AT_FDCWD, to, unix.AT_SYMLINK_FOLLOW)
		if !errors.Is(err, unix.EEXIST) {
			if to == name || err != nil {
				to = ""
			}
			return to, err
		}
		to = filepath.Join(filepath.Dir(name), fmt.Sprintf(".new-%d-%d", os.Getpid(), try))
	}
}
