//go:build yolk

// Package status gives a machine its status page (yolk/plat/status), once it has its
// network.
package status

import (
	_ "yolk/plat/kvm/net"
	"yolk/plat/status"
)

func init() { status.Serve() }
