package flash

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A mount is a line of /proc/self/mountinfo (proc(5)).
type mount struct {
	number, point, kind, source string // number is MAJOR:MINOR
}

const mountinfo = "/proc/self/mountinfo"

// readMounts reads the table of mounts.
func readMounts(name string) ([]mount, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var mounts []mount
	for line := range strings.Lines(string(b)) {
		// 36 35 8:17 / /media/boot rw,relatime shared:1 - vfat /dev/sdb1 rw
		f := strings.Fields(line)
		dash := slices.Index(f, "-")
		if dash < 5 || len(f) < dash+3 {
			continue
		}
		mounts = append(mounts, mount{f[2], unescape(f[4]), f[dash+1], unescape(f[dash+2])})
	}
	return mounts, nil
}

// unescape turns the \040 of mountinfo back into spaces, and so on.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(v))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// checkPartition makes sure that a FAT file system is mounted at dir.
func checkPartition(dir string) error { return checkMount(mountinfo, dir) }

func checkMount(table, dir string) error {
	full, err := filepath.Abs(dir)
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	if err != nil {
		return err
	}
	if st, err := os.Stat(full); err != nil || !st.IsDir() {
		return fmt.Errorf("%s: %w: it is no folder", dir, ErrPartition)
	}
	mounts, err := readMounts(table)
	if err != nil {
		return err
	}
	best := mount{point: "", kind: "unknown"}
	for _, m := range mounts {
		// The last of several mounts at one place is the one that is seen.
		if below(full, m.point) && len(m.point) >= len(best.point) {
			best = m
		}
	}
	switch {
	case best.point != full:
		return fmt.Errorf("%s: %w: nothing is mounted there, it is a folder of the %s file system at %s; mount the card's first partition", dir, ErrPartition, best.kind, best.point)
	case best.kind != "vfat" && best.kind != "msdos":
		return fmt.Errorf("%s: %w: its file system is %s, and the board's firmware reads FAT", dir, ErrPartition, best.kind)
	}
	return nil
}

// below reports whether a path is a folder or in it.
func below(p, folder string) bool {
	return p == folder || folder == "/" || strings.HasPrefix(p, folder+"/")
}

// checkRoom makes sure that a file system has room for all files at once: the
// old ones are there until the new ones are.
func checkRoom(dir string, files []File) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	need := int64(0)
	for _, f := range files {
		need += int64(len(f.Data)) + int64(st.Bsize)
	}
	if free := int64(st.Bavail) * int64(st.Bsize); need > free {
		return fmt.Errorf("%s: there are %s free, and the files need %s", dir, Size(free), Size(need))
	}
	return nil
}
