//go:build yolk && arm64

// Package usb is the Raspberry Pi's USB host. It starts when it is wanted: with the
// first call of Host, or when the file /sys/kernel/debug/usb/devices is read, which says
// what is plugged in and how the controller is.
package usb

import (
	"errors"
	"fmt"
	"sync"

	"yolk/arch/mmio"
	"yolk/drivers/usb"
	"yolk/drivers/usb/dwc2"
	_ "yolk/drivers/usb/hub"
	"yolk/kernel/abi"
	"yolk/kernel/posix/device"
	"yolk/kernel/posix/file"
	"yolk/plat/log"
	"yolk/plat/rpi3/files"

	soc "yolk/kernel/chip/bcm2837"
)

func init() {
	const folder = "sys/kernel/debug/usb"
	file.Tree().MkdirAll(folder)
	file.Tree().Generated(folder+"/devices", func() []byte {
		h, err := Host()
		if err != nil {
			return []byte(err.Error() + "\n")
		}
		return []byte(h.Dump())
	})
}

var errNoEvent = errors.New("no interrupt is left for the USB controller")

// Host returns the host, which has begun to find devices.
var Host = sync.OnceValues(start)

func start() (*usb.Host, error) {
	firmware, err := files.Firmware()
	if err != nil {
		return nil, err
	}
	if err := firmware.SetUSBPower(true); err != nil {
		return nil, err
	}
	regs, err := files.Registers(soc.USBBase, 0x1000)
	if err != nil {
		return nil, err
	}
	event, ok := device.NewEvent()
	if !ok || !event.Route(soc.LineDevice+int(soc.SourceUSB)|abi.LineLevel) {
		return nil, errNoEvent
	}
	h := usb.NewHost(dwc2.New(dwc2.Config{
		Regs: regs, Interrupt: event, Bus: soc.Bus, Flush: mmio.FlushBytes,
	}), device.Memory{}, log.USB.Infof)
	if err := h.Start(); err != nil {
		return nil, fmt.Errorf("USB: %w", err)
	}
	return h, nil
}
