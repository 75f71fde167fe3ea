//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const pktgen = "../../apps/pktgen"

// packets joins two machines by a cable. What one pktgen sends the other one
// receives, all of it, and tcpdump finds the frames in order.
func (m machine) packets(t *testing.T) {
	if why := m.lacks(network); why != "" {
		t.Skip(why)
	}
	const count = 5000
	port, capture := freePort(t), filepath.Join(t.TempDir(), "cable.pcap")
	in := m.run(t, "-net", fmt.Sprintf("socket:listen=127.0.0.1:%d", port),
		"-qemu", "-object", "-qemu", "filter-dump,id=dump,netdev=net0,file="+capture,
		pktgen, "--", "-receive", "-check", "-count", fmt.Sprint(count))
	received := startUntil(t, in, "pktgen: receiving")
	out, complaint, status := finish(t, m.run(t, "-net", fmt.Sprintf("socket:connect=127.0.0.1:%d", port),
		pktgen, "--", "-mode", "reuse", "-number", "-sport", "5001-5002", "-count", fmt.Sprint(count)))
	if want := fmt.Sprintf("sent %d packets", count); status != 0 || !strings.Contains(out, want) {
		in.Process.Kill()
		t.Fatalf("the sender: status %d, no %q\n%s\n%s", status, want, out, complaint)
	}
	got := received()
	for _, want := range []string{fmt.Sprintf("received %d packets", count), fmt.Sprintf("%d in order, 0 foreign, 0 lost, 0 late or twice", count)} {
		if !strings.Contains(got, want) {
			t.Errorf("the receiver: no %q\n%s", want, got)
		}
	}
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
	if err := cmd.Start(); err != nil {
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
