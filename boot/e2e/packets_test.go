//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"yolk/boot/build"
	"yolk/boot/child"
)

const (
	pktgen = "../../apps/pktgen"
	l2fwd  = "../../apps/l2fwd"
)

// packets joins two machines by a cable. What one pktgen sends the other one
// receives, all of it, and tcpdump finds the frames in order.
func (m machine) packets(t *testing.T) {
	if why := m.lacks(cards); why != "" {
		t.Skip(why)
	}
	const count = 5000
	cable, capture := freePort(t), filepath.Join(t.TempDir(), "cable.pcap")
	received := m.receiver(t, cable, count, "-qemu", "-object", "-qemu", "filter-dump,id=dump,netdev=net0,file="+capture)
	m.sender(t, cable, count)
	received()
	text, err := exec.Command("tcpdump", "-r", capture, "-n", "-vv").Output()
	if err != nil {
		t.Fatal("tcpdump: ", err)
	}
	for port := 5001; port <= 5002; port++ {
		line := regexp.MustCompile(fmt.Sprintf(`198\.18\.0\.1\.%d > 198\.18\.0\.2\.5001: \[udp sum ok\] UDP, length 18\n`, port))
		if n := len(line.FindAll(text, -1)); n != count/2 || bytes.Contains(text, []byte("bad cksum")) {
			t.Errorf("tcpdump finds %d of %d packets from port %d in order:\n%.1000s", n, count/2, port, text)
		}
	}
}

// forwards puts a machine with two cards between a sender and a receiver.
func (m machine) forwards(t *testing.T) {
	if why := m.lacks(cards); why != "" {
		t.Skip(why)
	}
	const count = 200 // fits in every queue, so that none is dropped
	for _, how := range []string{"-interrupts=false", "-interrupts"} {
		near, far := freePort(t), freePort(t)
		received := m.receiver(t, far, count)
		forwarded := startUntil(t, m.run(t, "-net", listen(near), "-net", connect(far),
			m.image(t, l2fwd), "--", how, "-count", fmt.Sprint(count)), "l2fwd: forwarding")
		m.sender(t, near, count)
		if got, want := forwarded(), fmt.Sprintf("port 0 to 1: %d packets received, %d bytes, %[1]d sent, 0 dropped", count, 60*count); !strings.Contains(got, want) {
			t.Errorf("%s: no %q\n%s", how, want, got)
		}
		received()
	}
}

// TestPacketCost: what a packet of 60 bytes costs pktgen, sent into a hub, in
// instructions, which are the same on every computer: the card sends soon enough
// that its queue is never full. Each mode of the tutorial is cheaper than the one
// before, also without the device and in bursts of one, and generating takes less than
// 450, or 830 in those.
func TestPacketCost(t *testing.T) {
	t.Parallel()
	for how, limit := range map[string]float64{"-full drop": 450, "-isolate": 450, "-burst 1": 830} {
		last := 10_000.0
		for _, mode := range []string{"generate -alloc heap", "generate", "copy", "reuse", "zerocopy"} {
			args := strings.Fields("run -net hub:0 -qemu -netdev -qemu hubport,id=rest,hubid=0" +
				" -qemu -global -qemu virtio-net-device.tx=timer -qemu -global -qemu virtio-net-device.x-txtimer=5000" +
				" -qemu -accel -qemu tcg,thread=single -qemu -icount -qemu shift=0,sleep=off " +
				image(t, pktgen) + " -- -count 20000 " + how + " -mode " + mode)
			out, complaint, status := output(t, args...)
			m := regexp.MustCompile(`sent 20000 packets in .*: (\d+) packets/s, .*; 0 dropped`).FindStringSubmatch(out)
			if m == nil || status != 0 {
				t.Fatalf("%s: status %d\n%s\n%s", mode, status, out, complaint)
			}
			rate, _ := strconv.ParseFloat(m[1], 64)
			cost := 1e9 / rate
			t.Logf("%s, %s: %.1f instructions", how, mode, cost)
			if cost >= last || mode == "generate" && cost >= limit {
				t.Errorf("%s, %s: %.1f instructions a packet", how, mode, cost)
			}
			last = cost
		}
	}
}

func listen(port int) string  { return fmt.Sprintf("socket:listen=127.0.0.1:%d", port) }
func connect(port int) string { return fmt.Sprintf("socket:connect=127.0.0.1:%d", port) }

// receiver starts a pktgen that listens for the other end of its cable and ends
// after count packets. The function returned waits for that, and fails the test
// unless they were all the sender's, in order.
func (m machine) receiver(t *testing.T, cable, count int, flags ...string) (received func()) {
	t.Helper()
	args := append(flags, "-net", listen(cable), m.image(t, pktgen), "--", "-receive", "-check", "-count", fmt.Sprint(count))
	end := startUntil(t, m.run(t, args...), "pktgen: receiving")
	return func() {
		t.Helper()
		got := end()
		for _, want := range []string{fmt.Sprintf("received %d packets", count), fmt.Sprintf("%d in order, 0 foreign, 0 lost, 0 late or twice", count)} {
			if !strings.Contains(got, want) {
				t.Errorf("the receiver: no %q\n%s", want, got)
			}
		}
	}
}

// sender runs a pktgen at the other end of a cable.
func (m machine) sender(t *testing.T, cable, count int) {
	t.Helper()
	out, complaint, status := finish(t, m.run(t, "-net", connect(cable),
		m.image(t, pktgen), "--", "-mode", "copy", "-number", "-sport", "5001-5002", "-count", fmt.Sprint(count)))
	if want := fmt.Sprintf("sent %d packets", count); status != 0 || !strings.Contains(out, want) {
		t.Fatalf("the sender: status %d, no %q\n%s\n%s", status, want, out, complaint)
	}
}

// startUntil starts a command, waits until it prints a line that begins with
// ready, and returns what waits for its end and returns all that it printed.
func startUntil(t *testing.T, cmd *exec.Cmd, ready string) (end func() string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := child.Start(cmd); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Fprintln(&text, lines.Text())
		if strings.HasPrefix(lines.Text(), ready) {
			return func() string {
				for lines.Scan() {
					fmt.Fprintln(&text, lines.Text())
				}
				cmd.Wait()
				return text.String() + complaint.String()
			}
		}
	}
	cmd.Wait()
	t.Fatalf("no line %q:\n%s%s", ready, text.String(), complaint.String())
	return nil
}

// TestCapture: what pktgen captures leaves the machine by its virtio console, all of
// it before the program ends.
func TestCapture(t *testing.T) {
	t.Parallel()
	for _, on := range []string{"microvm", "virt-gic3"} { // a console on MMIO, one on PCI
		m, ok := build.FindMachine(func(m build.Machine) bool { return m.Machine == on })
		if !ok {
			t.Fatal("no machine ", on)
		}
		file := filepath.Join(t.TempDir(), "side.pcap")
		out, complaint, status := finish(t, machine{m}.run(t, "-side", file, "-net", "hub:0",
			"-qemu", "-netdev", "-qemu", "hubport,id=rest,hubid=0", "-qemu", "-global", "-qemu", "virtio-net-device.tx=timer",
			pktgen, "--", "-count", "100", "-capture", "/dev/hvc0"))
		if status != 0 || !strings.Contains(out, "sent 100 packets") {
			t.Fatalf("%v: status %d\n%s\n%s", m, status, out, complaint)
		}
		text, err := exec.Command("tcpdump", "-nr", file).Output()
		if n := bytes.Count(text, []byte("198.18.0.1.5001 > 198.18.0.2.5001: UDP, length 18\n")); n != 100 || err != nil {
			t.Errorf("%v: tcpdump finds %d of 100 packets: %v\n%.1000s", m, n, err, text)
		}
	}
}
