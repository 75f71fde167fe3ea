package flash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path"
	"slices"
	"time"

	"github.com/diskfs/go-diskfs/backend"
	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/fat32"
	"github.com/diskfs/go-diskfs/partition/mbr"
)

// ErrSize is that of an image whose size does not do.
var ErrSize = errors.New("the size of the card's image does not do")

const (
	sector = 512
	// partitionStart is where cards' first partitions begin: 4 MiB, a multiple of
	// what cards erase at a time.
	partitionStart = 4 << 20
	// MinSize is the smallest image, in bytes: a FAT with fewer than 65525 clusters
	// is by definition none of 32 bits (Microsoft, "FAT32 File System
	// Specification" 1.03, page 14).
	MinSize = 40 << 20
	// MaxSize is the largest that is made. The rest of a card stays unused.
	MaxSize = 32 << 30

	idOffset = 440 // of the disk's signature in the first sector
)

// CheckSize reports why there is no image of size bytes.
func CheckSize(size int64) error {
	if size < MinSize || size > MaxSize || size%(1<<20) != 0 {
		return fmt.Errorf("%w: it must be %d to %d MiB, in whole MiB", ErrSize, MinSize>>20, MaxSize>>20)
	}
	return nil
}

// WriteImage writes the image of a card of size bytes to an empty file: a
// partition table with one FAT32 partition that holds files. The same files
// give the same bytes.
func WriteImage(w *os.File, size int64, files []File) error {
	return WriteDisk(w, size, mbr.Fat32LBA, files)
}

// WriteDisk does so with a partition of another type.
func WriteDisk(w *os.File, size int64, kind mbr.Type, files []File) error {
	if err := CheckSize(size); err != nil {
		return err
	}
	if need := room(size, files); need > size {
		return fmt.Errorf("%w: the files need %d MiB", ErrSize, (need+1<<20-1)>>20)
	}
	if err := w.Truncate(size); err != nil {
		return err
	}
	// The library takes the files' times from here. 1980 is as early as FAT goes.
	if os.Getenv(epochName) == "" {
		os.Setenv(epochName, fmt.Sprint(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC).Unix()))
		defer os.Unsetenv(epochName)
	}
	b := file.New(w, false)
	if err := writeTable(b, size, kind, files); err != nil {
		return err
	}
	return writeFiles(b, size, files)
}

// epochName is the variable by which reproducible builds set the time:
// https://reproducible-builds.org/specs/source-date-epoch.
const epochName = "SOURCE_DATE_EPOCH"

// room returns the size of an image that files fit into for sure.
func room(size int64, files []File) int64 {
	cluster := int64(32 << 10) // the library's largest
	if size <= 260<<20 {
		cluster = sector
	}
	need := int64(partitionStart)
	for _, f := range files {
		need += (int64(len(f.Data)) + cluster - 1) / cluster * cluster
	}
	// Two FATs take 8 bytes a cluster; folders, and reserved sectors.
	return need + size/cluster*8 + 16*cluster + 32*sector
}

// writeTable writes the partition table. The disk's signature is made of the
// contents: Windows writes one to cards that have none.
func writeTable(b backend.Storage, size int64, kind mbr.Type, files []File) error {
	w, err := b.Writable()
	if err != nil {
		return err
	}
	t := &mbr.Table{LogicalSectorSize: sector, PhysicalSectorSize: sector, Partitions: []*mbr.Partition{{
		Bootable: true, Type: kind, Start: partitionStart / sector, Size: uint32((size - partitionStart) / sector),
	}}}
	if err := t.Write(w, size); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	for _, f := range files {
		sum.Write(f.Data)
	}
	_, err = w.WriteAt(binary.LittleEndian.AppendUint32(nil, sum.Sum32()), idOffset)
	return err
}

// writeFiles makes the file system.
func writeFiles(b backend.Storage, size int64, files []File) error {
	fs, err := fat32.Create(b, size-partitionStart, partitionStart, sector, "YOLK", true)
	if err != nil {
		return err
	}
	folders := folders(files)
	for _, dir := range folders {
		if err := fs.Mkdir("/" + dir); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	for _, f := range files {
		if err := writeFile(fs, f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	for i, dir := range folders {
		if path.Dir(dir) != "." {
			continue // whose parent is right
		}
		if err := mendParent(b, fs, i); err != nil {
			return err
		}
	}
	return nil
}

// folders lists those that the files are in, each after its parent.
func folders(files []File) (list []string) {
	for _, f := range files {
		var above []string
		for dir := path.Dir(f.Name); dir != "." && !slices.Contains(list, dir); dir = path.Dir(dir) {
			above = append(above, dir)
		}
		slices.Reverse(above)
		list = append(list, above...)
	}
	return list
}

func writeFile(fs *fat32.FileSystem, f File) error {
	w, err := fs.OpenFile("/"+f.Name, os.O_CREATE|os.O_RDWR|os.O_TRUNC)
	if err != nil {
		return err
	}
	if _, err := w.Write(f.Data); err != nil {
		return err
	}
	return w.Close()
}

// mendParent corrects the entry ".." of the i-th folder, one in the root. The library writes the
// root's cluster, where 0 belongs if the parent is the root ("FAT32 File System
// Specification" 1.03, page 26). Folders were made first, one cluster each, so
// that theirs follow the root's, the first of the data.
func mendParent(b backend.Storage, fs *fat32.FileSystem, i int) error {
	const entry, high, low = 32, 20, 26 // of the cluster's number
	at := fs.Start() + int64(fs.DataStart()) + int64(1+i)*int64(fs.BytesPerCluster()) + entry
	e := make([]byte, entry)
	if _, err := b.ReadAt(e, at); err != nil {
		return err
	}
	if string(e[:11]) != "..         " {
		return errors.New("the FAT library has put a folder elsewhere than expected")
	}
	copy(e[high:high+2], []byte{0, 0})
	copy(e[low:low+2], []byte{0, 0})
	w, err := b.Writable()
	if err != nil {
		return err
	}
	_, err = w.WriteAt(e, at)
	return err
}
