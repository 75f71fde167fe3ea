// Package usb is the host's side of a Universal Serial Bus, between drivers of host
// controllers (drivers/usb/dwc2) and drivers of devices (drivers/usb/smsc95xx).
//
//	class driver      Device, Pipe, Transfer      sees pipes, never registers
//	this package      Host: ports, enumeration, queues, timeouts, unplugging
//	controller        Controller, Ports           sees one transfer a pipe at a time
//
// A class driver registers what it is for ([Register]); an image has the drivers that
// it imports. When such a device is found, addressed and configured, the driver's
// Attach gets it. It opens pipes, submits transfers on memory of its own, any number
// at a time, and hears of each one's end by a function call. Nothing is allocated on
// that way. When the device leaves, every transfer under way and every later one
// fails with [ErrGone], and then the driver is detached.
//
// A host controller is a state machine that does not block and needs no lock: the
// Host calls it under its own and runs the goroutine that waits for its interrupt.
// Package usbtest acts as a controller, and as devices, for tests.
//
// Descriptors and hub status are bytes that a stranger wrote: they are checked before
// anything follows from them, and a device that lies is left alone. Every wait ends.
//
// Source: Universal Serial Bus Specification, revision 2.0, cited as "USB 2.0".
//
// It may import the standard library only.
package usb
