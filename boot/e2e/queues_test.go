//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestQueues: a card with two pairs of queues, on a tap interface that spreads
// flows over them, carries packets in both, each served by a processor of its own,
// polling and with interrupts. By messages each pair interrupts by itself; on a
// card without them, and over MMIO, all share a line.
func TestQueues(t *testing.T) {
	tap(t, "multi_queue")
	cards := []struct{ name, arch, machine, card string }{
		{"messages", "amd64", "q35", "virtio-net-pci,disable-legacy=on,romfile=,vectors=6,"},
		{"packed", "amd64", "q35", "virtio-net-pci,disable-legacy=on,romfile=,packed=on,"},
		{"line", "arm64", "virt", "virtio-net-pci,disable-legacy=on,romfile=,vectors=0,"},
		{"mmio", "amd64", "microvm", "virtio-net-device,"},
	}
	for _, c := range cards {
		machine := []string{"-arch", c.arch, "-machine", c.machine, "-cpus", "2", "-net", "none",
			"-qemu", "-netdev", "-qemu", "tap,id=tap,ifname=tap0,script=no,downscript=no,queues=2",
			"-qemu", "-global", "-qemu", "virtio-mmio.force-legacy=false",
			"-qemu", "-device", "-qemu", c.card + "netdev=tap,mq=on"}
		for _, how := range []string{"-interrupts=false", "-interrupts"} {
			// Not t.Run: another goroutine would not be in the namespace.
			queues(t, c.name+" "+how, append(slices.Clip(machine), l2fwd, "--", "-queues", "2", how))
		}
		generates(t, c.name, append(machine, pktgen, "--", "-queues", "2"))
	}
}

// TestLanes: the network stack receives connections through all queues of a card, one for
// each processor, and each interrupts by itself; what is sent in large segments is right. On q35 yolk run gives the card its queues.
func TestLanes(t *testing.T) {
	tap(t, "multi_queue")
	if out, err := exec.Command("ip", "address", "add", "10.9.0.1/24", "dev", "tap0").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, machine := range map[string][]string{
		"q35": {"-machine", "q35", "-net", "tap:tap0"},
		"virt": {"-arch", "arm64", "-machine", "virt", "-net", "none",
			"-qemu", "-netdev", "-qemu", "tap,id=tap,ifname=tap0,script=no,downscript=no,queues=2",
			"-qemu", "-device", "-qemu", "virtio-net-pci,disable-legacy=on,romfile=,mq=on,vectors=6,netdev=tap"},
	} {
		args := append(machine, "-memory", "64M", "-cpus", "2", "-opt", "ip=10.9.0.2/24", "./testdata/lanes")
		end := startUntil(t, here(yolk(t, append([]string{"run"}, args...)...)), "lanes: listening")
		const connections, rounds = 16, 20
		for range connections {
			exchange(t, rounds)
		}
		echoes(t, 2<<20)
		exchange(t, 0) // which ends it
		text := end()
		busy := 0
		for _, e := range regexp.MustCompile(`event \d+ interrupts (\d+)`).FindAllStringSubmatch(text, -1) {
			if n, _ := strconv.Atoi(e[1]); n >= rounds { // one connection's
				busy++
			}
		}
		if busy != 2 {
			t.Errorf("%s: %d of two queues interrupt\n%s", name, busy, text)
		}
	}
}

// dialEcho connects to the machine's echo server.
func dialEcho(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", "10.9.0.2:7", limit)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(limit))
	return c
}

// echoes sends n random bytes, and has each back as it was: in large segments, which a device
// reads where the stack has them, and while the program writes the next over the last.
func echoes(t *testing.T, n int) {
	t.Helper()
	c := dialEcho(t)
	defer c.Close()
	sent := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(sent)
	go c.Write(sent)
	got := make([]byte, n)
	if n, err := io.ReadFull(c, got); err != nil {
		t.Fatalf("after %d bytes: %v", n, err)
	}
	if !bytes.Equal(got, sent) {
		t.Error("what comes back is not what was sent")
	}
}

// exchange sends words on a connection of its own and has each back before the next.
func exchange(t *testing.T, words int) {
	t.Helper()
	c := dialEcho(t)
	defer c.Close()
	var back [4]byte
	for range words {
		if _, err := c.Write([]byte("word")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, back[:]); err != nil {
			t.Fatal(err)
		}
	}
}

// here has a command run in the network namespace of the calling thread: processes are
// started by a thread of package child's, which is not in it.
func here(cmd *exec.Cmd) *exec.Cmd {
	ns := fmt.Sprintf("--net=/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
	cmd.Args = append([]string{"nsenter", ns, cmd.Path}, cmd.Args[1:]...)
	cmd.Path, cmd.Err = exec.LookPath("nsenter")
	return cmd
}

// generates sends packets on both queues and counts what arrives.
func generates(t *testing.T, name string, args []string) {
	before := tapReceived(t)
	out, complaint, status := finish(t, here(yolk(t, append(append([]string{"run"}, args...), "-count", "1001")...)))
	for _, want := range []string{"queue 0: sent 501 packets", "queue 1: sent 500 packets", "pktgen: sent 1001 packets", "; 0 dropped"} {
		if !strings.Contains(out, want) || status != 0 {
			t.Errorf("%s: status %d, no %q\n%s%s", name, status, want, out, complaint)
		}
	}
	if n := tapReceived(t) - before; n < 1001 {
		t.Errorf("%s: %d packets arrived", name, n)
	}
}

// tapReceived is how many packets the interface has received.
func tapReceived(t *testing.T) (n int) {
	t.Helper()
	text, err := os.ReadFile("/proc/thread-self/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	_, counters, _ := strings.Cut(string(text), "tap0:")
	var bytes int
	if _, err := fmt.Sscan(counters, &bytes, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// queues sends flows through a forwarder and says how many of which queue.
func queues(t *testing.T, name string, args []string) {
	const count = 400 // few enough for every queue, so that none is dropped
	end := startUntil(t, here(yolk(t, append(append([]string{"run"}, args...), "-count", fmt.Sprint(count))...)), "l2fwd: forwarding")
	for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		if i, err := net.InterfaceByName("tap0"); err == nil && i.Flags&net.FlagRunning != 0 {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(name, ": the interface does not come up")
		}
	}
	send(t, "tap0", count)
	text := end()
	received := regexp.MustCompile(`port 0 to 0: (\d+) packets received, \d+ bytes, (\d+) sent, 0 dropped\n`).FindAllStringSubmatch(text, -1)
	total := 0
	for _, lane := range received {
		n, _ := strconv.Atoi(lane[1])
		total += n
		if n < count/10 || lane[1] != lane[2] {
			t.Errorf("%s: %q", name, lane)
		}
	}
	t.Logf("%s: %q", name, received)
	if len(received) != 2 || total < count || t.Failed() {
		t.Errorf("%s: %d lanes, %d packets\n%s", name, len(received), total, text)
	}
}

// send sends count UDP packets, each of another flow, through an interface.
func send(t *testing.T, name string, count int) {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	frame := make([]byte, 60)
	copy(frame, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00") // Ethernet: IPv4
	copy(frame[14:], "\x45\x00\x00\x2e\x00\x00\x00\x00\x40\x11\x00\x00"+"\xc6\x12\x00\x01\xc6\x12\x00\x02")
	copy(frame[34:], "\x13\x89\x13\x89\x00\x1a\x00\x00") // UDP
	for n := range count {
		binary.BigEndian.PutUint16(frame[34:], uint16(5001+n))
		if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
			t.Fatal(err)
		}
		if n%16 == 15 {
			time.Sleep(time.Millisecond) // the tap's queues are not long
		}
	}
}
