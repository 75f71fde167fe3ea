//go:build yolk && arm64

// Package usb is the Raspberry Pi's USB host. It starts when it is wanted: with the
// first call of Host.
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
	"yolk/plat/log"
	"yolk/plat/rpi3/firmware"

	soc "yolk/kernel/chip/bcm2837"
)

var errNoEvent = errors.New("no interrupt is left for the USB controller")

// Host returns the host, which has begun to find devices.
var Host = sync.OnceValues(start)

func start() (*usb.Host, error) {
	board, err := firmware.Connect()
	if err != nil {
		return nil, err
	}
	if err := board.SetUSBPower(true); err != nil {
		return nil, err
	}
	regs, err := firmware.Registers(soc.USBBase, 0x1000)
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
