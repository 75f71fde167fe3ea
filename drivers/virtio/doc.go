// Package virtio drives virtio devices: virtqueues, split and packed, the common
// part of device bring-up, and the interface to the transports in pci and mmio.
//
// Written from "Virtual I/O Device (VIRTIO) Version 1.2", OASIS Committee
// Specification 01; bare section numbers in comments refer to it. Legacy devices,
// those of before version 1, are driven by what its legacy sections say.
//
// The device is not trusted. Whatever it writes (used indices, descriptor ids,
// lengths, configuration) is compared with the driver's own records before use;
// a violation stops the ring with an error that says what was wrong, and the
// driver above counts it and resets the device.
//
// Ring structures are little-endian, as are all machines this package runs on.
package virtio
