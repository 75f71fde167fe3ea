package engine

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/diskfs/go-diskfs/partition/mbr"

	"yolk/boot/flash"
	"yolk/boot/output"
)

// removable is where UEFI firmware looks on a disk of which it knows nothing (UEFI
// specification 2.10, 3.5.1.1).
var removable = map[string]string{"amd64": "EFI/BOOT/BOOTX64.EFI", "arm64": "EFI/BOOT/BOOTAA64.EFI"}

// WriteRaw writes disk.raw into folder: an EFI system partition, with the image, a UEFI
// application, where firmware looks. On x86-64 a boot sector is for a BIOS.
func (m *Machine) WriteRaw(folder string) error { return m.writeDisk(folder, "disk.raw", nil) }

// WriteQcow2 writes the same disk as disk.qcow2.
func (m *Machine) WriteQcow2(folder string) error {
	return m.writeDisk(folder, "disk.qcow2", writeQcow2)
}

// writeDisk writes a disk, which convert makes something else of.
func (m *Machine) writeDisk(folder, name string, convert func(w io.Writer, disk io.ReaderAt, size int64) error) error {
	place, err := output.Place(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	out, err := output.Create(place, 0o644)
	if err != nil {
		return err
	}
	if convert == nil {
		_, err = m.fillDisk(out.File)
	} else {
		err = m.convertDisk(out, place, convert)
	}
	if err == nil {
		err = out.Commit()
	}
	return errors.Join(err, out.Close())
}

// convertDisk makes the disk in a file that is never given a name.
func (m *Machine) convertDisk(w io.Writer, place string, convert func(w io.Writer, disk io.ReaderAt, size int64) error) error {
	disk, err := output.Create(place, 0o600)
	if err != nil {
		return err
	}
	size, err := m.fillDisk(disk.File)
	if err == nil {
		err = convert(w, disk.File, size)
	}
	return errors.Join(err, disk.Close())
}

// fillDisk writes the disk to an empty file.
func (m *Machine) fillDisk(disk *os.File) (size int64, err error) {
	application, err := os.ReadFile(m.Image)
	if err != nil {
		return 0, err
	}
	size = max(flash.MinSize, (int64(len(application))+16<<20)>>20<<20)
	files := []flash.File{{Name: removable[m.Machine.Arch], Data: application}}
	if err := flash.WriteDisk(disk, size, mbr.EFISystem, files); err != nil {
		return 0, err
	}
	if m.Machine.Arch == "amd64" {
		err = addBootSector(disk, application)
	}
	return size, err
}
