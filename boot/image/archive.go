package image

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cavaliergopher/cpio"
)

// Files names a file or folder of the host to be packed, and where the guest
// shall see it.
type Files struct {
	Src string // on the host
	Dst string // in the guest, absolute and clean
}

// ParseFiles reads "SRC" or "SRC:/DST". Without DST a folder or file appears in the
// guest's root under its own name, where a program finds it by the path that it uses in
// SRC's folder; the folders . and .., which name no place, are the root itself. A DST that
// ends with / is the folder for a file that keeps its name.
func ParseFiles(s string) (Files, error) {
	src, dst := SplitFiles(s)
	info, err := os.Stat(src)
	if err != nil {
		return Files{}, err
	}
	if !info.IsDir() && strings.HasSuffix(dst, "/") {
		dst += filepath.Base(src)
	}
	return Files{Src: src, Dst: path.Clean(dst)}, nil
}

// SplitFiles does so without looking at SRC, and without making DST clean.
func SplitFiles(s string) (src, dst string) {
	if i := strings.LastIndex(s, ":/"); i > 0 {
		return s[:i], s[i+1:]
	}
	if name := filepath.Base(s); strings.Trim(name, "./") != "" {
		return s, "/" + name
	}
	return s, "/"
}

// Pack renders the files as a cpio archive in the "newc" format, sorted by
// name, owned by root, with the modes and modification times of the host.
// Symbolic links stay links. Later entries win over earlier ones of the same
// name. It returns nil when there is nothing to pack.
func Pack(files []Files) ([]byte, error) {
	entries := map[string]entry{}
	for _, f := range files {
		if err := collect(entries, f); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Src, err)
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	names := make([]string, 0, len(entries))
	for name := range entries {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	for _, name := range names {
		if err := entries[name].write(w, name); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// An entry is one file of the archive; src is empty for folders that exist
// only because something lies below them.
type entry struct {
	src  string
	info fs.FileInfo
}

// collect adds f and what lies below it, and its parent folders.
func collect(entries map[string]entry, f Files) error {
	for dir := path.Dir(f.Dst); dir != "/" && dir != "."; dir = path.Dir(dir) {
		if _, ok := entries[dir]; !ok {
			entries[dir] = entry{}
		}
	}
	root, err := filepath.EvalSymlinks(f.Src)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		dst := path.Join(f.Dst, filepath.ToSlash(rel))
		if dst == "/" {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if t := info.Mode().Type(); t != 0 && t != fs.ModeDir && t != fs.ModeSymlink {
			return fmt.Errorf("%s is neither file, folder nor symbolic link", name)
		}
		entries[dst] = entry{name, info}
		return nil
	})
}

// write appends the entry. The newc format has 32-bit sizes.
func (e entry) write(w *cpio.Writer, name string) error {
	h := &cpio.Header{Name: strings.TrimPrefix(name, "/"), Links: 1, Mode: cpio.TypeDir | 0o755}
	if e.src == "" {
		return w.WriteHeader(h)
	}
	h.ModTime = e.info.ModTime()
	perm := cpio.FileMode(e.info.Mode().Perm())
	var data []byte
	var err error
	switch e.info.Mode().Type() {
	case fs.ModeDir:
		h.Mode = cpio.TypeDir | perm
	case fs.ModeSymlink:
		h.Mode = cpio.TypeSymlink | 0o777
		if h.Linkname, err = os.Readlink(e.src); err != nil {
			return err
		}
		data = []byte(h.Linkname)
	default:
		h.Mode = cpio.TypeReg | perm
		if data, err = os.ReadFile(e.src); err != nil {
			return err
		}
	}
	h.Size = int64(len(data))
	if h.Size > math.MaxUint32 {
		return fmt.Errorf("%d bytes are too many for a cpio archive", h.Size)
	}
	if err := w.WriteHeader(h); err != nil || len(data) == 0 {
		return err
	}
	_, err = w.Write(data)
	return err
}
