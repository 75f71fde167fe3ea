//go:build yolk && arm64

// Package usbfile makes the file /sys/kernel/debug/usb/devices, which says what is plugged
// in and how the controller is. The boot tool adds it to images that have both USB and files.
package usbfile

import (
	"yolk/kernel/posix/file"
	"yolk/plat/rpi3/usb"
)

func init() {
	const folder = "sys/kernel/debug/usb"
	file.Tree().MkdirAll(folder)
	file.Tree().Generated(folder+"/devices", func() []byte {
		h, err := usb.Host()
		if err != nil {
			return []byte(err.Error() + "\n")
		}
		return []byte(h.Dump())
	})
}
