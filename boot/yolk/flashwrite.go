package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"yolk/boot/flash"
	"yolk/boot/output"
)

// sayAll prints notes for the user.
func (v *voice) sayAll(notes []string) {
	for _, n := range notes {
		v.say("%s", n)
	}
}

// done prints what was made.
func (v *voice) done(name, format string, args ...any) {
	if !v.quiet {
		fmt.Fprintf(stdout, "%s  "+format+"\n", append([]any{name}, args...)...)
	}
}

// install copies onto a boot partition.
func (v *voice) install(folder string, files []flash.File) error {
	p := v.progress()
	p.Set("copying to %s", folder)
	notes, err := flash.Install(folder, files)
	p.Stop()
	v.sayAll(notes)
	if err == nil {
		v.done(folder, "%d files, ready to be unmounted", len(files))
	}
	return err
}

// writeImage writes an image file, which appears when it is complete.
func (v *voice) writeImage(name string, size int64, files []flash.File) error {
	w, err := output.Create(name, 0o644)
	if err != nil {
		return err
	}
	if err = flash.WriteImage(w.File, size, files); err == nil {
		err = w.Commit()
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	v.done(name, "%d bytes", size)
	return nil
}

// choose looks at the device and has the user confirm that it is the one.
func (f *flashFlags) choose() (*flash.Device, error) {
	d, err := flash.Inspect(f.device)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "yolk:", d)
	if !d.Removable && !f.fixed {
		return nil, fmt.Errorf("%s: %w: if it is the card, say -fixed", d.Path, flash.ErrFixed)
	}
	size := f.confirm
	if size == "" {
		if !term.IsTerminal(int(os.Stdin.Fd())) {
			return nil, fmt.Errorf("%s: %w: say -confirm-size %s", d.Path, flash.ErrConfirm, flash.Size(d.Size))
		}
		fmt.Fprint(os.Stderr, "yolk: ALL of it will be erased. To go on, type its size as it is printed above: ")
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Path, flash.ErrConfirm)
		}
		size = strings.TrimSpace(line)
	}
	return d, d.Confirm(size)
}

// writeDevice writes a card by way of an image file.
func (v *voice) writeDevice(ctx context.Context, d *flash.Device, size int64, files []flash.File) error {
	image, err := output.Create(filepath.Join(os.TempDir(), "card.img"), 0o600) // never committed
	if err != nil {
		return err
	}
	defer image.Close()
	if err := flash.WriteImage(image.File, size, files); err != nil {
		return err
	}
	p := v.progress()
	err = d.Write(ctx, image.File, func(done, all int64) {
		what := "writing"
		if done >= all/2 {
			what = "comparing"
		}
		p.Set("%s %s: %d %%", what, d.Path, done*100/all)
	})
	p.Stop()
	if errors.Is(err, context.Canceled) {
		v.say("%v", err) // Ctrl-C ends without a word otherwise
	}
	if err == nil {
		v.done(d.Path, "%s written and compared, ready to be taken out", flash.Size(size))
	}
	return err
}
