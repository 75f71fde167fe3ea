//go:build linux

package netif_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

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
	setUp(t, a, true)
	setUp(t, b, true)
	for !carries(t, a) || !carries(t, b) {
		runtime.Gosched()
	}
	t.Cleanup(func() { exec.Command("ip", "link", "del", a).Run() })
	return a, b
}

// tap makes a tap interface that is up, until the namespace ends, and starts no process
// for that: a process being started holds the taps that other tests close and open again.
func tap(t testing.TB, name string) {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		t.Fatal(err)
	}
	setUp(t, name, true)
}

// carries reports whether an interface has come into operation (RFC 2863, ifOperStatus
// up). One that was just set up counts as running, but what is sent through it is lost.
func carries(t testing.TB, name string) bool {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	table, err := syscall.NetlinkRIB(syscall.RTM_GETLINK, syscall.AF_UNSPEC)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := syscall.ParseNetlinkMessage(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if m.Header.Type != syscall.RTM_NEWLINK || binary.NativeEndian.Uint32(m.Data[4:]) != uint32(i.Index) { // ifi_index
			continue
		}
		attrs, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range attrs {
			if a.Attr.Type == unix.IFLA_OPERSTATE {
				return a.Value[0] == 6 // IF_OPER_UP
			}
		}
	}
	t.Fatal(name, "has no operational state")
	return false
}

// setUp takes an interface up or down.
func setUp(t testing.TB, name string, up bool) {
	t.Helper()
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s)
	req, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, req)
	}
	if err == nil {
		flags := req.Uint16() &^ unix.IFF_UP
		if up {
			flags |= unix.IFF_UP
		}
		req.SetUint16(flags)
		err = unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, req)
	}
	if err != nil {
		t.Fatalf("%s up %v: %v", name, up, err)
	}
}

func TestConformance(t *testing.T) {
	t.Run("packet", func(t *testing.T) {
		netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
			a, b := veth(t)
			return netdevtest.Subject{Driver: netif.Packet(a), Wire: netdevtest.Peer(open(t, netif.Packet(b))),
				SetLink: func(up bool) { setUp(t, b, up) }}
		})
	})
	t.Run("tap", func(t *testing.T) {
		netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
			quiet(t)
			name := fmt.Sprintf("tap%d", serial.Add(1))
			tap(t, name)
			return netdevtest.Subject{Driver: netif.Tap(name), Wire: netdevtest.Peer(open(t, netif.Packet(name))),
				SetLink: func(up bool) { setUp(t, name, up) }}
		})
	})
}
