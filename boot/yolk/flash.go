package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"yolk/boot/flash"
	"yolk/boot/output"
	"yolk/kernel/cmdline"
)

// boardPlatform is what cards are written for.
const boardPlatform = "rpi3"

// flashFlags are the flags of yolk flash.
type flashFlags struct {
	buildFlags
	kernelFlags
	output, folder, device, confirm string
	firmware, image, console, size  string
	config                          []string
	fixed                           bool
	bytes                           int64 // size, once checked
}

func newFlash() *cobra.Command {
	var f flashFlags
	cmd := &cobra.Command{
		Use:   "flash [flags] PACKAGE [-- ARGUMENTS]",
		Short: "put a program on an SD card for the Raspberry Pi 3B",
		Long: `Flash builds the package for the Raspberry Pi 3B and makes an SD card that
starts it, with the arguments that follow "--": as an image file (-o) for any
tool that writes cards, as files on the mounted boot partition of a card that
has one (-to), or by writing a whole card (-device), which erases it.

The board starts its own firmware first: bootcode.bin, start.elf, fixup.dat and
bcm2710-rpi-3-b.dtb. These do not come with Yolk; -firmware names a folder that
has them, such as a copy of github.com/raspberrypi/firmware/boot.

The console is on pins 8 (output) and 10 (input) of the connector, 115200 baud,
3.3 V. With "-console mini" it is the mini UART, which the firmware connects to
these pins; with "-console pl011" the PL011, which has the better receiver and a
clock of its own, and which Bluetooth then cannot have (dtoverlay=disable-bt,
whose file overlays/disable-bt.dtbo is then needed of the firmware as well).`,
		Example: `  yolk flash -firmware ~/firmware/boot ./apps/board -- -blink 10
  yolk flash -to /media/boot ./apps/board
  yolk flash -firmware ~/firmware/boot -device /dev/sdX ./apps/board`,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, guest := splitArgs(cmd, args)
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			if err := f.check(args); err != nil {
				return &exitError{exitUsage, err}
			}
			return f.run(cmd.Context(), args, guest)
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func (f *flashFlags) add(fl *pflag.FlagSet) {
	fl.StringVar(&f.output, "o", "", "write the card's image to `FILE` (default card.img)")
	fl.StringVar(&f.folder, "to", "", "copy onto the boot partition mounted at `FOLDER`; what is not Yolk's there is kept as *.bak")
	fl.StringVar(&f.device, "device", "", "erase and write the card in the block device `DEV`; asks for its size")
	fl.StringVar(&f.confirm, "confirm-size", "", "the `SIZE` of the card in -device, such as 31.9G, instead of being asked")
	fl.BoolVar(&f.fixed, "fixed", false, "write -device even if it is not removable")
	fl.StringVar(&f.firmware, "firmware", "", "take the board's firmware from `FOLDER`; a partition for -to may have it already")
	fl.StringVar(&f.image, "kernel", "", "put the image `FILE` on the card instead of building a package")
	fl.StringVar(&f.console, "console", string(flash.ConsoleMini), "serial port on the connector, `NAME`: mini, pl011")
	fl.StringArrayVar(&f.config, "config", nil, "another `LINE` for config.txt, such as uart_2ndstage=1 (repeatable)")
	fl.StringVar(&f.size, "size", "64M", "`SIZE` of the card's image; the rest of a card stays unused")
	f.kernelFlags.add(fl)
	f.addParts(fl)
}

// check finds out what is wrong with the command line, and completes it.
func (f *flashFlags) check(args []string) error {
	ways := 0
	for _, s := range []string{f.output, f.folder, f.device} {
		if s != "" {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errors.New("-o, -to and -device are three ways to go: choose one")
	case len(args) > 0 && f.image != "":
		return fmt.Errorf("-kernel %s is an image, %s a package: choose one", f.image, args[0])
	case !slices.Contains(flash.Consoles, flash.Console(f.console)):
		return fmt.Errorf("-console %s: there are %q", f.console, flash.Consoles)
	case f.firmware == "" && f.folder == "":
		return errors.New("-firmware is missing: the folder with the board's bootcode.bin, start.elf and fixup.dat (see yolk help flash)")
	case f.device == "" && (f.confirm != "" || f.fixed):
		return errors.New("-confirm-size and -fixed go with -device")
	}
	if ways == 0 {
		f.output = "card.img"
	}
	if f.image != "" && f.image == f.output {
		return fmt.Errorf("-o %s is the image to read", f.output)
	}
	var err error
	if f.bytes, err = parseSize(f.size); err != nil {
		return err
	}
	if _, err = f.kernelOptions(nil); err != nil {
		return err
	}
	return flash.CheckSize(f.bytes)
}

// run builds and writes. What can be found out is found out before the build.
func (f *flashFlags) run(ctx context.Context, args, guest []string) error {
	card := flash.Card{Firmware: f.firmware, Console: flash.Console(f.console), Config: f.config}
	files, _, err := card.Files("")
	if err == nil && f.folder != "" {
		err = flash.Ready(f.folder, files)
	}
	if err == nil && f.output != "" {
		f.output, err = output.Place(f.output)
	}
	var d *flash.Device
	if err == nil && f.device != "" {
		d, err = f.choose()
	}
	if err != nil {
		return fail(err)
	}
	image, name, err := f.build(ctx, args)
	if err != nil {
		return err
	}
	options, err := f.kernelOptions([]string{"argv0=" + name, timeOption()})
	if err == nil {
		card.Cmdline, err = cmdline.Join(options, guest)
	}
	if err != nil {
		return &exitError{exitUsage, err}
	}
	files, notes, err := card.Files(image)
	if err != nil {
		return fail(err)
	}
	f.sayAll(notes)
	switch {
	case f.folder != "":
		err = f.install(f.folder, files)
	case d != nil:
		err = f.writeDevice(ctx, d, f.bytes, files)
	default:
		err = f.writeImage(f.output, f.bytes, files)
	}
	return fail(err)
}

// build builds the package into the cache, or takes the image that is named.
func (f *flashFlags) build(ctx context.Context, args []string) (image, name string, err error) {
	if f.image != "" {
		return f.image, strings.TrimSuffix(filepath.Base(f.image), filepath.Ext(f.image)), nil
	}
	f.plat = boardPlatform
	o, err := f.options(args)
	if err != nil {
		return "", "", err
	}
	r, err := f.buildImage(ctx, o)
	if err != nil {
		return "", "", err
	}
	return r.Image, r.Name, nil
}
