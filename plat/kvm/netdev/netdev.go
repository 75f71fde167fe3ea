//go:build yolk

// Package netdev registers a virtual machine's network cards before the program
// starts, so that it finds them with yolk/netdev's Get. It does not touch them:
// each is unprobed, and no network stack is linked.
//
// The boot tool adds it to images whose program imports yolk/netdev.
package netdev

import "yolk/plat/kvm/cards"

func init() { cards.Register() }
