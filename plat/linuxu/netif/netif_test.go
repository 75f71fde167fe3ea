//go:build linux

package netif_test

import (
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"

	"yolk/boot/child"
	"yolk/netdev"
	"yolk/netdev/netdevtest"
	"yolk/plat/linuxu/netif"
)

// TestMain runs the tests in a network namespace of their own, which ends with
// the process: nothing of the machine's network is touched.
func TestMain(m *testing.M) {
	if os.Getenv("NETIF_TEST_NAMESPACE") != "" {
		os.Exit(m.Run())
	}
	if os.Getuid() != 0 {
		fmt.Println("netif: skipped: making a network namespace needs root")
		os.Exit(0)
	}
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Env = append(os.Environ(), "NETIF_TEST_NAMESPACE=1")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := child.Run(c); err != nil {
		fmt.Println("netif:", err)
		os.Exit(1)
	}
}

// quiet keeps the host's stack from sending by itself.
func quiet(t testing.TB) {
	t.Helper()
	for _, which := range []string{"all", "default"} {
		err := os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0o644)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func ip(t testing.TB, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("interfaces are made with iproute2's ip command, which is not here")
	}
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}

var serial atomic.Int32

// open starts a promiscuous device.
func open(t testing.TB, drv netdev.Driver) *netdev.Device {
	t.Helper()
	d := netdev.New(drv)
	if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPromiscuous(true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// veth makes a cable of the host's.
func veth(t testing.TB) (a, b string) {
	t.Helper()
	quiet(t)
	n := serial.Add(1)
	a, b = fmt.Sprintf("a%d", n), fmt.Sprintf("b%d", n)
	ip(t, "link", "add", a, "type", "veth", "peer", "name", b)
	ip(t, "link", "set", a, "up")
	ip(t, "link", "set", b, "up")
	t.Cleanup(func() { exec.Command("ip", "link", "del", a).Run() })
	return a, b
}

// setLink returns what takes an interface down and up.
func setLink(t *testing.T, name string) func(up bool) {
	return func(up bool) { ip(t, "link", "set", name, map[bool]string{true: "up", false: "down"}[up]) }
}

func TestConformance(t *testing.T) {
	t.Run("packet", func(t *testing.T) {
		netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
			a, b := veth(t)
			return netdevtest.Subject{Driver: netif.Packet(a), Wire: netdevtest.Peer(open(t, netif.Packet(b))), SetLink: setLink(t, b)}
		})
	})
	t.Run("tap", func(t *testing.T) {
		netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
			quiet(t)
			name := fmt.Sprintf("tap%d", serial.Add(1))
			ip(t, "tuntap", "add", name, "mode", "tap")
			ip(t, "link", "set", name, "up")
			t.Cleanup(func() { exec.Command("ip", "link", "del", name).Run() })
			return netdevtest.Subject{Driver: netif.Tap(name), Wire: netdevtest.Peer(open(t, netif.Packet(name))), SetLink: setLink(t, name)}
		})
	})
}
