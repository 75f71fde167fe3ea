package flash

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"yolk/boot/output"
)

// ErrPartition is that of a folder which is no boot partition.
var ErrPartition = errors.New("not a boot partition of a Raspberry Pi")

// Ready reports why files could not be installed on a boot partition.
func Ready(dir string, files []File) error {
	if err := checkPartition(dir); err != nil {
		return err
	}
	if err := checkFirmware(dir, files); err != nil {
		return err
	}
	return checkRoom(dir, files)
}

// checkFirmware makes sure that a boot partition has all firmware or gets it.
func checkFirmware(dir string, files []File) error {
	var missing []string
	for _, name := range needed {
		brought := slices.ContainsFunc(files, func(f File) bool { return f.Name == name })
		st, err := os.Stat(filepath.Join(dir, name))
		if !brought && (err != nil || st.Size() == 0) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: %w: it lacks %s; name a folder with -firmware: %s", dir, ErrFirmware, strings.Join(missing, ", "), firmwareSource)
	}
	return nil
}

// Install copies files onto a mounted boot partition. Each is written under
// another name first and takes its place in one step, the image before
// config.txt, so that the card can start at any moment if it could before. What
// is there and is not Yolk's is kept under another name, which the notes tell.
func Install(dir string, files []File) (notes []string, err error) {
	if err := Ready(dir, files); err != nil {
		return nil, err
	}
	return install(dir, files)
}

func install(dir string, files []File) (notes []string, err error) {
	ours := isOurs(dir)
	for _, f := range files {
		note, err := replace(dir, f, ours)
		if err != nil {
			return notes, err
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	return notes, syncFolder(dir)
}

// isOurs reports whether the card's config.txt is from here.
func isOurs(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, configName))
	return err == nil && bytes.HasPrefix(b, []byte(configMark))
}

// replace puts a file in place of what has its name. Of what another system left
// the image and the two text files are kept; of ours the text files, which may
// have been edited.
func replace(dir string, f File, ours bool) (note string, err error) {
	name := filepath.Join(dir, filepath.FromSlash(f.Name))
	old, err := os.ReadFile(name)
	switch {
	case err == nil && bytes.Equal(old, f.Data):
		return "", nil
	case err == nil && (f.Name == configName || f.Name == cmdlineName || f.Name == kernelName && !ours):
		kept, err := keep(name, old)
		if err != nil {
			return "", err
		}
		note = fmt.Sprintf("kept the former %s as %s", f.Name, filepath.Base(kept))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", err
	}
	return note, writeInPlace(name, f.Data)
}

// keep writes a file's contents under another name: NAME.bak, NAME.bak2 ... One
// that has the contents already will do.
func keep(name string, data []byte) (string, error) {
	for i := 1; ; i++ {
		kept := name + ".bak"
		if i > 1 {
			kept += fmt.Sprint(i)
		}
		old, err := os.ReadFile(kept)
		switch {
		case err == nil && bytes.Equal(old, data):
			return kept, nil
		case errors.Is(err, fs.ErrNotExist):
			return kept, writeInPlace(kept, data)
		case err != nil:
			return "", err
		}
	}
}

// writeInPlace writes a file that is on the card before it has the name.
func writeInPlace(name string, data []byte) error {
	f, err := output.Create(name, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Commit()
	}
	return errors.Join(err, f.Close())
}

// syncFolder makes renames last, where the system can do that for folders.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !os.IsPermission(err) {
		return err
	}
	return nil
}
