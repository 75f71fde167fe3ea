//go:build yolk

// Package net gives a virtual machine its network: it registers the cards (see
// package cards) and puts the TCP/IP stack on the first, or on number N with the
// option eth0=N, or on none with eth0=none. A program that also drives devices
// itself finds that one running.
//
// The boot tool adds it to images whose program imports package net. Bring-up
// runs beside the program's own start; socket calls that need it wait for it.
package net

import (
	"yolk/plat/kvm/cards"
	"yolk/plat/sockets"
)

func init() { sockets.Register(cards.Eth0) }
