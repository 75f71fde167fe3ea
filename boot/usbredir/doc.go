// Package usbredir shows the model of the Raspberry Pi's Ethernet chip
// (drivers/usb/smsc95xx/lan9514) to an emulator, as a device that is plugged into its
// USB: QEMU's usb-redir device on a socket.
//
//	-chardev socket,id=lan9514,fd=5 -device usb-redir,chardev=lan9514,port=1
//
// It is the end of the protocol that has the device, called usb-host there. What the
// other end sends is checked: a packet that makes no sense ends the connection with an
// error that says which.
//
// Source: "USB Network Redirection protocol description", version 0.7, of the project
// spice-space/usbredir; the numbers in proto.go are its.
package usbredir
