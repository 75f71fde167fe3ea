package flash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ErrVerify is that of a card which gives back something else.
var ErrVerify = errors.New("the card does not hold what was written to it; use another card or reader")

// chunk is how much is written between two reports of progress.
const chunk = 1 << 20

// Write writes an image to the device, reads it back, and has the kernel look
// at the new partitions. progress is told how many bytes of how many have been
// written or compared. Until all is well the card has no partition table: one
// that was interrupted is an empty card.
func (d *Device) Write(ctx context.Context, image *os.File, progress func(done, all int64)) error {
	st, err := image.Stat()
	if err != nil {
		return err
	}
	if st.Size() > d.Size {
		return fmt.Errorf("%s: %w: it has %s, the image %s", d.Path, ErrSize, Size(d.Size), Size(st.Size()))
	}
	// With O_EXCL the kernel refuses a disk that is mounted by now, and mounts it
	// for nobody else until it is closed.
	f, err := os.OpenFile(d.Path, os.O_RDWR|unix.O_EXCL, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var now unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &now); err != nil {
		return err
	}
	if number := fmt.Sprintf("%d:%d", unix.Major(uint64(now.Rdev)), unix.Minor(uint64(now.Rdev))); number != d.number {
		return fmt.Errorf("%s: %w: it is another disk than a moment ago", d.Path, ErrDevice)
	}
	if err := d.write(ctx, f, image, st.Size(), progress); err != nil {
		return fmt.Errorf("%s: %w (the card is empty now: write it again)", d.Path, err)
	}
	// Best effort: a kernel that cannot read the table again will at the next
	// insertion.
	_ = unix.IoctlSetInt(int(f.Fd()), unix.BLKRRPART, 0)
	return nil
}

// write copies the image, its first chunk last, and compares.
func (d *Device) write(ctx context.Context, f, image *os.File, size int64, progress func(done, all int64)) error {
	if _, err := f.WriteAt(make([]byte, chunk), 0); err != nil {
		return err
	}
	if err := d.dropBackup(f); err != nil {
		return err
	}
	buf, back := make([]byte, chunk), make([]byte, chunk)
	each := func(from int64, do func(b []byte, at int64) error) error {
		for at := from; at < size; at += chunk {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := image.ReadAt(buf[:min(chunk, size-at)], at)
			if err != nil && err != io.EOF {
				return err
			}
			if err := do(buf[:n], at); err != nil {
				return err
			}
		}
		return nil
	}
	write := func(b []byte, at int64) error {
		if _, err := f.WriteAt(b, at); err != nil {
			return err
		}
		progress(at, 2*size)
		return f.Sync() // or progress would be that of the page cache
	}
	compare := func(b []byte, at int64) error {
		if _, err := f.ReadAt(back[:len(b)], at); err != nil {
			return err
		}
		progress(size+at, 2*size)
		if !bytes.Equal(b, back[:len(b)]) {
			return fmt.Errorf("%w (at byte %d)", ErrVerify, at)
		}
		return nil
	}
	if err := each(chunk, write); err != nil {
		return err
	}
	// So that reading asks the card, not the page cache.
	if err := unix.IoctlSetInt(int(f.Fd()), unix.BLKFLSBUF, 0); err != nil {
		return err
	}
	if err := each(chunk, compare); err != nil {
		return err
	}
	n, err := image.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return err
	}
	return write(buf[:n], 0)
}

// dropBackup erases the second copy of a GUID partition table, in the last 33
// sectors (UEFI 2.10, 5.3.1): tools would offer to bring it back.
func (d *Device) dropBackup(f *os.File) error {
	const sectors = 33
	b := make([]byte, sectors*sector)
	at := d.Size - int64(len(b))
	if at < 0 {
		return nil
	}
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	if !bytes.HasPrefix(b[len(b)-sector:], []byte("EFI PART")) {
		return nil
	}
	_, err := f.WriteAt(make([]byte, len(b)), at)
	return err
}
