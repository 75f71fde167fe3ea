// Package dwc2test is a model of the DWC2 controller for tests of its driver: registers,
// channels and a root port over usbtest's devices. It is stricter than an emulator: what
// a chip would punish, it reports. It checks
//
//   - the order of initialization: the PHY is chosen before the reset, FIFOs are sized
//     within their memory and flushed, DMA waits for memory;
//   - that a channel's registers are written while it is disabled and its causes are
//     clear, that sizes and packets fit together and into the counters, that addresses
//     are aligned and of the alias that goes around VideoCore's cache;
//   - how a channel is halted, and that it is not touched until it has been;
//   - data toggles, against the device's;
//   - split control, against where the device is plugged in; even and odd frames;
//   - how long a port is reset, and that no write disables it by the way;
//   - cache maintenance: the controller reads and writes memory that the processor sees
//     only through [Memory.Flush].
//
// The registers are defined here anew, from the sources that package dwc2 names, so that
// a mistake there does not cancel out.
//
// It may import drivers/usb/usbtest and drivers/usb.
package dwc2test
