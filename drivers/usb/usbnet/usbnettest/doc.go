// Package usbnettest is a host controller for tests of USB Ethernet drivers, with one
// port and whole transfers instead of packets: what is plugged into the port takes and
// gives the bytes of each at once, as package lan9514 does. It allocates nothing on the
// way, so that a driver's allocations can be counted.
//
// It may import drivers/usb, and is for tests only.
package usbnettest
