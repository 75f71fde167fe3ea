//go:build linux && !yolk

package linuxu

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"yolk/boot/child"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// TestMain runs the tests in a network namespace of their own, if it may.
func TestMain(m *testing.M) {
	if os.Getenv("LINUXU_TEST_NAMESPACE") != "" || os.Getuid() != 0 {
		os.Exit(m.Run())
	}
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Env = append(os.Environ(), "LINUXU_TEST_NAMESPACE=1")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := child.Run(c); err != nil {
		fmt.Println("linuxu:", err)
		os.Exit(1)
	}
}

func TestDevices(t *testing.T) {
	d, err := parseDevices("tap:tap0,loop,packet:eth0")
	if err != nil || len(d) != 3 {
		t.Errorf("%v, %v", d, err)
	}
	if d, err := parseDevices(""); err != nil || len(d) != 0 {
		t.Errorf("%v, %v", d, err)
	}
	for _, bad := range []string{"tap", "tap:", "packet:", "eth0", "loop:x", "loop,?"} {
		if _, err := parseDevices(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestOptions(t *testing.T) {
	if err := devices("loop"); err != nil {
		t.Fatal(err)
	}
	if err := options("ip=10.0.0.2/24 hostname=egg"); err != nil {
		t.Fatal(err)
	}
	if e := netdev.Get(0).Extra(); e.Hostname != "egg" || e.Address.String() != "10.0.0.2/24" {
		t.Errorf("%+v", e)
	}
	for _, bad := range []string{"ip", "ip=x"} {
		if options(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, bad := range []string{"cpu.out", ",1s", "cpu.out,x", "/nowhere/cpu.out,1s"} {
		if profile(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestCapture(t *testing.T) {
	if err := devices("loop"); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "packets.pcap")
	if err := capture(name); err != nil {
		t.Fatal(err)
	}
	d := netdev.Get(netdev.Count() - 1)
	if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	b, err := netbuf.New(netbuf.Heap, 128, 0)
	if err != nil {
		t.Fatal(err)
	}
	b.Append(60)
	d.TxOne(0, b)
	if st, err := os.Stat(name); err != nil || st.Size() != 24+16+60 {
		t.Errorf("%v, %v", st, err)
	}
	if capture("/nowhere/packets.pcap") == nil {
		t.Error("a file that cannot be is accepted")
	}
}

// program builds a program of apps with the boot tool.
func program(t *testing.T, name string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "run", "yolk/boot/yolk", "build", "-plat", "linuxu", "-o", out, "../../apps/"+name)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, text)
	}
	return out
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if text, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, text)
	}
}

// start starts a command that ends with the test; its output is in the buffer
// once it has been waited for.
func start(t *testing.T, env string, name string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	c, out := exec.Command(name, args...), new(bytes.Buffer)
	c.Env = append(os.Environ(), env)
	c.Stdout, c.Stderr = out, out
	if err := child.Start(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c, out
}

// wait waits for a command to end well.
func wait(t *testing.T, c *exec.Cmd, out *bytes.Buffer) string {
	t.Helper()
	timer := time.AfterFunc(30*time.Second, func() { c.Process.Kill() })
	defer timer.Stop()
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %v\n%s", c, err, out)
	}
	return out.String()
}

// up waits until an interface has its link.
func up(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		out, err := exec.Command("ip", "-o", "link", "show", name).CombinedOutput()
		if strings.Contains(string(out), "LOWER_UP") && strings.Contains(string(out), "state UP") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come up: %v, %s", name, err, out)
		}
	}
}

// Two processes joined by a cable of the host's: one generates packets, the other
// counts and checks them; tcpdump sees between them what the tutorial shows.
func TestTwoProcesses(t *testing.T) {
	if os.Getenv("LINUXU_TEST_NAMESPACE") == "" {
		t.Skip("making a network namespace needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("interfaces are made with iproute2's ip command, which is not here")
	}
	pktgen := program(t, "pktgen")
	for _, sysctl := range []string{"all", "default"} {
		os.WriteFile("/proc/sys/net/ipv6/conf/"+sysctl+"/disable_ipv6", []byte("1"), 0o644)
	}
	run(t, "ip", "link", "add", "va", "type", "veth", "peer", "name", "vb")
	run(t, "ip", "link", "set", "va", "up")
	run(t, "ip", "link", "set", "vb", "up")
	up(t, "va")
	up(t, "vb")
	for _, c := range []struct {
		size  int
		args  []string
		count int
	}{
		{60, []string{"-mode", "copy"}, 20000},
		{60, nil, 20000},
		{777, []string{"-mode", "generate", "-burst", "7"}, 2000},
		{1514, []string{"-sport", "5001-5009"}, 2000},
	} {
		rx, rxOut := start(t, "YOLK_NETDEV=packet:vb", pktgen, "-receive", "-check", "-count", strconv.Itoa(c.count), "-time", "20s", "-interval", "100ms")
		var tcpdump *exec.Cmd
		var seen *bytes.Buffer
		if c.args == nil {
			if _, err := exec.LookPath("tcpdump"); err == nil {
				tcpdump, seen = start(t, "TZ=UTC", "tcpdump", "-vv", "-n", "-p", "-c", "5", "-i", "vb", "udp")
			}
		}
		listening(t, 1)
		if tcpdump != nil {
			listening(t, 2)
		}
		args := append([]string{"-size", strconv.Itoa(c.size), "-count", strconv.Itoa(c.count)}, c.args...)
		tx, txOut := start(t, "YOLK_NETDEV=packet:va", pktgen, args...)
		sent, got := wait(t, tx, txOut), wait(t, rx, rxOut)
		if n, m := total(sent), total(got); n != c.count || m != c.count {
			t.Errorf("%v: sent %d, received %d\n%s\n%s", c, n, m, sent, got)
		}
		if !strings.Contains(got, fmt.Sprintf("%d in order, 0 foreign", c.count)) {
			t.Errorf("%v: %s", c, got)
		}
		if tcpdump != nil {
			text := wait(t, tcpdump, seen)
			if n := strings.Count(text, "198.18.0.1.5001 > 198.18.0.2.5001: [udp sum ok] UDP, length 18"); n != 5 {
				t.Errorf("tcpdump:\n%s", text)
			}
		}
	}
}

var totals = regexp.MustCompile(`(?:sent|received) (\d+) packets`)

// total is the number of packets in a program's last line.
func total(out string) int {
	if m := totals.FindAllStringSubmatch(out, -1); m != nil {
		n, _ := strconv.Atoi(m[len(m)-1][1])
		return n
	}
	return -1
}

// listening waits until n packet sockets are bound in this namespace.
func listening(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		b, err := os.ReadFile("/proc/net/packet")
		if err != nil {
			t.Fatal(err)
		}
		bound := 0
		for _, line := range strings.Split(string(b), "\n")[1:] {
			// sk RefCnt Type Proto Iface ...
			if f := strings.Fields(line); len(f) > 4 && f[3] == "0003" && f[4] != "0" {
				bound++
			}
		}
		if bound >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d packet sockets:\n%s", bound, n, b)
		}
	}
}
