//go:build yolk

// Package side gives a virtual machine the device /dev/hvc0, its first virtio
// console: a way out for bytes, such as captured packets, beside the serial port.
// The console is looked for when the device is first opened.
//
// The boot tool adds it to images that are made with -side.
package side

import (
	"fmt"
	"sync"
	"syscall"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/console"
	"yolk/kernel/posix/device"
	"yolk/kernel/posix/file"
	"yolk/plat/kvm/bus"
)

// number is that of the first hypervisor console in Linux's devices.txt.
const number = 229 << 8

func init() { file.Output("dev/hvc0", number, sync.OnceValues(open)) }

// open brings up the first console that works.
func open() (file.Write, syscall.Errno) {
	for _, d := range bus.Find(virtio.IDConsole, logf) {
		var irq console.Interrupt // nil for a device without one
		if d.Interrupt != nil {
			irq = d.Interrupt
		}
		c, err := console.New(d.Transport, device.Memory{}, irq)
		if err != nil {
			logf("%s: %v", d.Name, err)
			continue
		}
		return func(p []byte) (int, syscall.Errno) { return write(c, p) }, 0
	}
	return nil, syscall.ENXIO
}

func write(c *console.Device, p []byte) (int, syscall.Errno) {
	n, err := c.Write(p)
	if err != nil {
		logf("%v", err)
		return n, syscall.EIO
	}
	return n, 0
}

// logf says what is wrong with a console that is there: the error of the call that
// failed cannot.
func logf(format string, args ...any) {
	print("yolk: /dev/hvc0: " + fmt.Sprintf(format, args...) + "\n")
}
