package mountns

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"yolk/boot/child"
)

// Start starts cmd, which calls Enter, in namespaces of its own.
func Start(cmd *exec.Cmd) error {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		attr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
	}
	cmd.SysProcAttr = attr
	err := child.Start(cmd)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("%w: %v", ErrNot, err)
	}
	return err
}

// Enter gives the calling process, which Start has started, its places, and makes the root
// its current folder, as it is a machine's.
func Enter(places []Place) (err error) {
	root, err := os.MkdirTemp("", "yolk-root") // it has no name later
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			unix.Unmount(root, unix.MNT_DETACH)
			os.Remove(root)
		}
	}()
	// What happens here is nothing to the others.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	if err := unix.Mount("yolk", root, "tmpfs", 0, "mode=0755"); err != nil {
		return os.NewSyscallError("mount", err)
	}
	if err := tree(places).build(root, "/"); err != nil {
		return err
	}
	const old = ".old"
	if err := os.Mkdir(filepath.Join(root, old), 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, filepath.Join(root, old)); err != nil {
		return os.NewSyscallError("pivot_root", err)
	}
	// Its folder has been shown with those around it, and so has what was mounted there.
	if err := unix.Unmount(root, unix.MNT_DETACH); err != nil && err != unix.EINVAL && err != unix.ENOENT {
		return os.NewSyscallError("umount", err)
	}
	if err := os.Remove(filepath.Join("/", old, root)); err != nil {
		return err
	}
	if err := unix.Unmount("/"+old, unix.MNT_DETACH); err != nil {
		return os.NewSyscallError("umount", err)
	}
	return errors.Join(os.Remove("/"+old), os.Chdir("/"))
}

// build makes the folder at path below root, of which the computer may have one.
func (n *node) build(root, path string) error {
	to := filepath.Join(root, path)
	theirs, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return err
	}
	for _, d := range theirs {
		if name := filepath.Join(path, d.Name()); n.below[d.Name()] == nil && name != root {
			if err := show(name, filepath.Join(to, d.Name()), d.Type()); err != nil {
				return err
			}
		}
	}
	for name, below := range n.below {
		at := filepath.Join(to, name)
		switch p := below.place; {
		case p == nil:
			if err := os.Mkdir(at, 0o755); err != nil {
				return err
			}
			if err := below.build(root, filepath.Join(path, name)); err != nil {
				return err
			}
		case p.Copy:
			if err := copyOf(p.Source, at); err != nil {
				return err
			}
		default:
			if err := show(p.Source, at, fs.ModeDir); err != nil {
				return err
			}
			if err := p.protect(at); err != nil {
				return err
			}
		}
	}
	return nil
}

// show has what is at from appear at to as well.
func show(from, to string, kind fs.FileMode) error {
	var err error
	switch {
	case kind&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case kind.IsDir():
		err = os.Mkdir(to, 0o755)
	default:
		var f *os.File
		if f, err = os.Create(to); err == nil {
			f.Close()
		}
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("show %s: %w", from, os.NewSyscallError("mount", err))
	}
	return nil
}

// protect makes a folder one that cannot be changed, if it shall be. What else the system
// has locked stays (mount_namespaces(7), "Restrictions on mount namespaces").
func (p *Place) protect(at string) error {
	if !p.ReadOnly {
		return nil
	}
	var st unix.Statfs_t
	if err := unix.Statfs(at, &st); err != nil {
		return os.NewSyscallError("statfs", err)
	}
	const kept = unix.ST_NOSUID | unix.ST_NODEV | unix.ST_NOEXEC // as MS_NOSUID and so on
	err := unix.Mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|uintptr(st.Flags&kept), "")
	return os.NewSyscallError("mount", err)
}

// copyOf copies a file or a symbolic link.
func copyOf(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close(), os.Chtimes(to, info.ModTime(), info.ModTime()))
}
