// Package lan9514 is a model of the Ethernet function of the LAN9514 (USB ID
// 0424:ec00), as it appears to the driver of one: descriptors, registers, PHY, the
// frame formats of both bulk pipes, filters and checksums, and what can go wrong.
// Tests of the driver use it in their own process; `yolk run -plat rpi3` shows it
// to an emulated Raspberry Pi (package boot/usbredir).
//
// What it does not have: the hub in front of the function, wake-up by frames,
// statistics, GPIOs and LEDs, whose registers only keep what is written, VLAN
// tables, half duplex's collisions, and time: a reset, an autonegotiation and an
// access to the PHY are done at once, and a wire is as fast as its user.
//
// Written from: Microchip DS00001875D (LAN9500/LAN9500A, whose function this is),
// chapters 5 (USB device, FIFO controller), 7 (registers) and the PHY's registers;
// IEEE 802.3 22.2.4. The constants are its own and not the driver's, so that a slip
// in either shows.
//
// It imports nothing but the standard library.
package lan9514
