package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"yolk/boot/image"
	"yolk/boot/output"
	"yolk/kernel/abi"
)

// compile links the ELF file, with the overlay that list describes.
func compile(ctx context.Context, g *goTool, pattern []string, list string, o *Options, r *Result) error {
	elf, err := filepath.Abs(r.ELF)
	if err != nil {
		return err
	}
	args := []string{"build", "-v"}
	if o.Test {
		args = append([]string{"test", "-c", "-v", "-vet=off"}, o.TestFlags...)
	}
	// Functions aligned to 8 bytes instead of 32 are 1.5 % of an image. Segments begin at
	// pages of 4 KiB, which is what the kernel maps: for arm64 the linker's own choice is
	// 64 KiB, with up to twice that of nothing between them.
	entry := o.Platform.entry
	if o.UEFI != nil {
		entry = entryUEFI
	}
	ld := fmt.Sprintf("-funcalign=8 -R %#x -E %s -T %#x %s", abi.PageSize, entry, o.Platform.textAddr, o.LDFlags)
	if o.Platform.process {
		ld = o.LDFlags
	}
	if o.Status != "" {
		ld += " -X yolk/plat/status.Address=" + o.Status
	}
	args = append(args, "-overlay", list, "-tags", o.tags(), "-ldflags", ld, "-o", elf)
	args = append(args, pattern...)
	o.Progress.Phase("compiling %s", r.Package.ImportPath)
	out := &watcher{progress: o.Progress, target: r.Package.ImportPath}
	cmd := g.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = out, out
	return failure(ctx, cmd.Run(), out.text(), r.Package)
}

// failure explains why a compilation failed, when it did.
func failure(ctx context.Context, err error, text string, p *Package) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.As(err, &exit):
		return err
	case len(p.cgo) > 0 && strings.Contains(text, "undefined:"):
		return fmt.Errorf("%s %w\n%s", strings.Join(p.cgo, ", "), ErrCgo, text)
	}
	return fmt.Errorf("%s %w:\n%s", p.ImportPath, ErrCompile, text)
}

// finish writes the image from the linked program.
func (b *builder) finish() error {
	o, r := b.o, b.r
	o.Progress.Phase("writing %s", filepath.Base(r.Image))
	files, err := b.with()
	if err == nil && o.PackFolder {
		var own []image.Files
		own, err = r.Package.files()
		files = append(files, own...)
	}
	if err != nil {
		return err
	}
	files = append(files, o.Files...)
	archive, err := image.Pack(files)
	if err != nil {
		return err
	}
	f, err := os.Open(r.ELF)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := image.Read(f)
	if err != nil {
		return err
	}
	out, err := output.Create(r.Image, 0o755)
	if err != nil {
		return err
	}
	if err = write(out, o, r, p, archive); err == nil {
		err = out.Commit()
	}
	return errors.Join(err, out.Close())
}

// write writes the image in the format that is asked for.
func write(out io.Writer, o *Options, r *Result, p *image.Program, archive []byte) error {
	if o.UEFI == nil {
		return p.Write(out, archive)
	}
	line, err := o.UEFI(r.Name)
	if err != nil {
		return err
	}
	return p.WritePE(out, archive, line)
}
