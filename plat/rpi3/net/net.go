//go:build yolk && arm64

// Package net gives the Raspberry Pi its network: it finds the card (see package cards)
// and puts the TCP/IP stack on it, with the same options as for virtual machines.
//
// The boot tool adds it to images whose program imports package net. Bring-up runs
// beside the program's own start; socket calls that need it wait for it.
package net

import (
	"yolk/plat/rpi3/cards"
	"yolk/plat/sockets"
)

func init() { sockets.Register(cards.Eth0) }
