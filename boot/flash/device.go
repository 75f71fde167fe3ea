package flash

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of devices that are not written to.
var (
	ErrDevice  = errors.New("not a disk that a card can be in")
	ErrInUse   = errors.New("in use")
	ErrFixed   = errors.New("not removable")
	ErrConfirm = errors.New("its size was not confirmed")
)

// A Device is a whole disk of this computer, such as a card in a reader.
type Device struct {
	Path      string // as it was named
	Name      string // the kernel's name, such as sdb
	Model     string // what it says it is; may be empty
	Size      int64  // bytes
	Removable bool   // made to be taken out

	number string // MAJOR:MINOR
}

// String describes the device to a user who is asked whether it is the one.
func (d *Device) String() string {
	model, kind := d.Model, "removable"
	if model == "" {
		model = "a disk without a name"
	}
	if !d.Removable {
		kind = "NOT removable"
	}
	return fmt.Sprintf("%s: %s, %s, %s", d.Path, model, Size(d.Size), kind)
}

// Confirm compares what a user says is the device's size with the size as
// String shows it.
func (d *Device) Confirm(size string) error {
	plain := func(s string) string {
		return strings.TrimSuffix(strings.ToUpper(strings.ReplaceAll(s, " ", "")), "B")
	}
	if plain(size) != plain(Size(d.Size)) {
		return fmt.Errorf("%s: %w: it is %s, not %q; nothing was written", d.Path, ErrConfirm, Size(d.Size), size)
	}
	return nil
}

// Size writes a number of bytes as those who sell cards do, in powers of 1000.
func Size(n int64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%.1fG", float64(n)/1e9)
	}
	return fmt.Sprintf("%.1fM", float64(n)/1e6)
}
