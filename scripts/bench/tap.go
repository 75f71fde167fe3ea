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

// tapNetwork is a tap interface in a network namespace of its own, so that neither the
// host's own network nor its firewall is touched. Only root may.
func (b *bench) tapNetwork() (n network, remove func(), err error) {
	name, remove, err := namespace()
	if err != nil {
		return n, nil, err
	}
	if err := addTap(name, "tap0", "10.77.0.1/24", "vnet_hdr"); err != nil {
		remove()
		return n, nil, err
	}
	return network{
		name: "tap", netns: name, yolk: []string{"ip=10.77.0.2/24", "gw=10.77.0.1"}, linux: "10.77.0.2/24",
		attach: func(c *qemu.Config) (string, error) {
			c.Net = qemu.Net{Kind: qemu.NetTap, Iface: "tap0"}
			return fmt.Sprintf("http://10.77.0.2:%d", httpdPort), nil
		},
	}, remove, nil
}

// namespace makes a network namespace.
func namespace() (name string, remove func(), err error) {
	if os.Geteuid() != 0 {
		return "", nil, errors.New("making a tap interface needs root")
	}
	name = fmt.Sprint("yolk-bench-", os.Getpid())
	if err := ip("netns", "add", name); err != nil {
		return "", nil, err
	}
	remove = func() { ip("netns", "delete", name) }
	if err := ip("-n", name, "link", "set", "lo", "up"); err != nil {
		remove()
		return "", nil, err
	}
	return name, remove, nil
}

// addTap makes a tap interface in a namespace, with the host's address and prefix.
func addTap(netns, tap, addr string, flags ...string) error {
	return errors.Join(
		ip(append([]string{"-n", netns, "tuntap", "add", "dev", tap, "mode", "tap"}, flags...)...),
		ip("-n", netns, "address", "add", addr, "dev", tap),
		ip("-n", netns, "link", "set", tap, "up", "txqueuelen", "10000"))
}

// ip runs ip(8). Not bound to the session's context: it also clears up.
func ip(args ...string) error {
	out, err := exec.CommandContext(context.Background(), "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
