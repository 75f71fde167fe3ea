// Package smsc95xx drives Microchip's (once SMSC's) LAN9500 and the Ethernet function
// of the LAN9512 and LAN9514, which is the Raspberry Pi 3B's: 10 and 100 Mbit/s over
// USB 2.0. Package usbnet makes a netdev.Driver of it.
//
// A transfer each way holds many frames: received ones as they are in the chip when it
// is asked, up to BURST_CAP, each behind a status word; sent ones each behind two
// command words. The chip sums what it receives from the IP header on, of which Unpack
// makes a verdict on TCP's and UDP's checksum, and completes TCP's checksum where it
// sends. Long TCP packets are cut into frames where they are copied to the transfer,
// so that the stack above works with 13 KiB at a time.
//
// An empty chip answers nothing (NAK): a transfer waits in it, and no frame costs an
// interrupt more than that transfer's end. All multicasts are received.
//
// Written from: Microchip DS00001875D, LAN950x; the registers' names are its own.
// Facts that it does not tell are marked in the source.
//
// It may import drivers/usb and netdev.
package smsc95xx
