package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"yolk/boot/child"
)

// inNamespace runs this program again in a new network namespace, which has no way
// to any other, and returns its exit status. Whoever is not root gets a user
// namespace too, to be root in (user_namespaces(7)).
func inNamespace(args []string) (status int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	cmd := exec.Command(self, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
	err = child.Run(cmd)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode(), nil
	case err != nil:
		return 1, fmt.Errorf("a network namespace could not be made (%w): run as root, or allow users namespaces", err)
	}
	return 0, nil
}

// A link is a tap interface, with the host's end's address and the machine's.
type link struct {
	tap, host, guest string
}

const prefix = "/24"

var links = [...]link{
	{"soak0", "10.77.0.1", "10.77.0.2"}, // the attacked machine's
	{"soak1", "10.77.1.1", "10.77.1.2"}, // its twin's
}

// makeLinks prepares the namespace this process is in. The ports of a namespace's
// one address must suffice for the churn, of which each leaves one in TIME_WAIT.
func makeLinks() error {
	commands := []string{"link set lo up"}
	for _, l := range links {
		commands = append(commands, "tuntap add dev "+l.tap+" mode tap vnet_hdr",
			"address add "+l.host+prefix+" dev "+l.tap, "link set "+l.tap+" up txqueuelen 10000")
	}
	for _, c := range commands {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", c, err, strings.TrimSpace(string(out)))
		}
	}
	for name, value := range map[string]string{"ip_local_port_range": "1024 65535", "tcp_tw_reuse": "1"} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	return nil
}
