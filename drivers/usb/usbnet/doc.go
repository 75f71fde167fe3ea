// Package usbnet makes a netdev.Driver of what all USB Ethernet chips have: a bulk
// pipe each way and an interrupt pipe that tells of the link. What differs between
// them is a [Chip]: a folder with registers, and with how frames lie in a transfer.
//
//	netdev     bursts of packets
//	usbnet     transfers: several in flight, several frames in each, one copy a frame
//	Chip       frames in a transfer's bytes, registers, link
//	usb        pipes
//
// A received frame is copied once, from the transfer that brought it to a packet
// buffer; one to send is copied once, to a transfer together with others. While the
// bus is busy what is sent gathers, so that a transfer is the longer the more there is
// to do. No packet costs a call through an interface or an allocation; a burst costs
// one lock where it is sent and none where it is received.
//
// A device that is unplugged fails with [ErrGone], its link goes down, and
// netdev's Restart works again when one of its kind has come in its place: Attach then
// gives the new one to the netdev.Device that is there. A pipe that halts, a transfer
// that takes too long or is lost and a chip that does not answer make the device fail
// likewise, and Restart resets the chip, not its PHY: the link stays.
//
// It may import drivers/usb and netdev.
package usbnet
