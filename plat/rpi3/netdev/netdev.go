//go:build yolk && arm64

// Package netdev registers the Raspberry Pi's network card before the program starts, so
// that it finds it with yolk/netdev's Get: it waits for it to be found on the USB. No
// network stack is linked.
//
// The boot tool adds it to images whose program imports yolk/netdev.
package netdev

import "yolk/plat/rpi3/cards"

func init() { cards.Register() }
