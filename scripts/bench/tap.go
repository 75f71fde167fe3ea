package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"yolk/boot/qemu"
)

// tapNetwork makes a network namespace with a tap interface in it, so that
// neither the host's own network nor its firewall is touched. Only root may.
func (b *bench) tapNetwork() (n network, remove func(), err error) {
	if os.Geteuid() != 0 {
		return n, nil, errors.New("making a tap interface needs root")
	}
	name := fmt.Sprint("yolk-bench-", os.Getpid())
	if err := ip("netns", "add", name); err != nil {
		return n, nil, err
	}
	remove = func() { ip("netns", "delete", name) }
	for _, args := range []string{
		"link set lo up",
		"tuntap add dev tap0 mode tap vnet_hdr",
		"address add 10.77.0.1/24 dev tap0",
		"link set tap0 up txqueuelen 10000",
	} {
		if err := ip(append([]string{"-n", name}, strings.Fields(args)...)...); err != nil {
			remove()
			return n, nil, err
		}
	}
	return network{
		name: "tap", netns: name, yolk: []string{"ip=10.77.0.2/24", "gw=10.77.0.1"}, linux: "10.77.0.2/24",
		attach: func(c *qemu.Config) (string, error) {
			c.Net = qemu.Net{Kind: qemu.NetTap, Iface: "tap0"}
			return fmt.Sprintf("http://10.77.0.2:%d", httpdPort), nil
		},
	}, remove, nil
}

// ip runs ip(8). Not bound to the session's context: it also clears up.
func ip(args ...string) error {
	out, err := exec.CommandContext(context.Background(), "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
