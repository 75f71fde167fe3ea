// Package cdcecm drives USB Ethernet devices of the communication device class's
// Ethernet model (ECM): adapters, phones, and QEMU's usb-net. Package usbnet makes a
// netdev.Driver of it.
//
// A transfer is a frame, so that each costs what a transfer costs; nothing is summed.
//
// Sources: USB Class Definitions for Communication Devices 1.2 ("CDC"), and its
// Subclass Specification for Ethernet Control Model Devices 1.2 ("ECM").
//
// It may import drivers/usb and netdev.
package cdcecm
