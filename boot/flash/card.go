// Package flash puts an image on an SD card for the Raspberry Pi 3B: as a file
// with partition table and FAT file system, which any tool can write to a card;
// onto a card directly; or as files onto a card's boot partition.
//
// What the board's firmware reads is described in the Raspberry Pi
// documentation, "config.txt" and "Boot folder contents". The firmware itself
// is not Yolk's to give away: it comes from a folder that the user names.
package flash

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Errors that a card's contents can have.
var (
	ErrKernel  = errors.New("not an image for the Raspberry Pi 3")
	ErrCmdline = errors.New("the command line does not fit on the card")
	ErrConfig  = errors.New("not a line for config.txt")
)

// A Console is the UART on pins 8 and 10 of the board's connector.
type Console string

const (
	ConsoleMini  Console = "mini"  // the mini UART, what the firmware gives a Pi 3
	ConsolePL011 Console = "pl011" // the PL011, which Bluetooth has otherwise
)

// Consoles lists them.
var Consoles = []Console{ConsoleMini, ConsolePL011}

// A Card says what a boot partition is to hold.
type Card struct {
	Kernel  string // file: the image, kernel8.img
	Cmdline string // options of the kernel and arguments of the program
	Console Console
	Config  []string // more lines for config.txt
	// Firmware is the folder to take the board's firmware from; empty if it is on
	// the card already.
	Firmware string
}

// A File is one file of the boot partition. Its name may have a folder before a
// slash.
type File struct {
	Name string
	Data []byte
}

// kernelName is what config.txt tells the firmware to start.
const kernelName = "kernel8.img"

// maxCmdline is how long the firmware lets cmdline.txt be: it passes on 1024 bytes
// (github.com/raspberrypi/linux, issue 140) with what it puts before, some 300.
const maxCmdline = 700

// Files reads and makes all files. kernel is the file with the image; without one
// Files tells what is wrong with the rest, before the image is built. Notes say
// what is left out, for the user.
func (c *Card) Files(kernel string) (files []File, notes []string, err error) {
	if c.Firmware != "" {
		if files, notes, err = firmware(c.Firmware, c.Console); err != nil {
			return nil, nil, err
		}
	}
	config, err := c.config()
	if err != nil {
		return nil, nil, err
	}
	if strings.ContainsAny(c.Cmdline, "\r\n\x00") || len(c.Cmdline) > maxCmdline {
		return nil, nil, fmt.Errorf("%w: it has %d bytes, the firmware passes one line of up to %d", ErrCmdline, len(c.Cmdline), maxCmdline)
	}
	if kernel != "" {
		b, err := readKernel(kernel)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, File{kernelName, b})
	}
	// The line's end is not passed on; without it an empty file would result.
	return append(files, File{configName, config}, File{cmdlineName, []byte(c.Cmdline + "\n")}), notes, nil
}

// readKernel reads an image and makes sure that it is one for the board.
func readKernel(name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	switch {
	case err != nil:
		return nil, err
	case bytes.HasPrefix(b, []byte("\x7fELF")):
		return nil, fmt.Errorf("%s: %w: it is an ELF file, and the firmware starts the flat image that yolk build -plat rpi3 makes", name, ErrKernel)
	case len(b) < 64 || string(b[56:60]) != "ARM\x64": // header of arm64 kernels (Linux, booting.rst)
		return nil, fmt.Errorf("%s: %w: it has no header of an arm64 kernel", name, ErrKernel)
	}
	return b, nil
}
