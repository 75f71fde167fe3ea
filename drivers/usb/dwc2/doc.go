// Package dwc2 drives the DesignWare Cores USB 2.0 Hi-Speed On-The-Go controller
// (Synopsys) as a host, as the Raspberry Pi 3's BCM2837 has it: one root port, eight
// channels, a UTMI+ PHY of 8 bits, buffer DMA.
//
// A channel carries one transfer at a time. The controller repeats what devices are not
// ready for, splits transfers into packets and keeps toggles; it interrupts when the
// channel has halted, for whatever reason, and [Controller.Service] decides what
// follows: the transfer's next part, another try, or its end. Between two requests of an
// interrupt endpoint the channel is somebody else's. Nothing is polled: a bulk IN that
// waits for data costs no processor time.
//
// Files, in the order of a transfer's way: regs.go, init.go, port.go (the root hub),
// pipe.go (what is to be done), channel.go (who does it), halt.go (what came of it),
// split.go (devices behind a hub's transaction translator), periodic.go.
//
// The databook is not public. Sources: registers and programming model as published by
// licensees: Intel, "Cyclone V Hard Processor System Technical Reference Manual", chapter
// USB 2.0 OTG Controller (CV); ST, RM0090 chapter 35 "USB on-the-go high-speed" (RM0090);
// Broadcom, "BCM2835 ARM Peripherals", chapter 15, for what that chip has changed
// (BCM2835); USB 2.0.
//
// It may import arch/mmio and drivers/usb.
package dwc2
