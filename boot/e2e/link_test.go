//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yolk/boot/child"
)

// link pulls the card's cable and puts it back in, by QEMU's monitor: a program
// that waits for that learns of it from the card's configuration interrupt.
func (m machine) link(t *testing.T) {
	if why := m.lacks(cards); why != "" {
		t.Skip(why)
	}
	socket := filepath.Join(t.TempDir(), "monitor")
	cmd := m.run(t, "-net", "user", "-qemu", "-qmp", "-qemu", "unix:"+socket+",server=on,wait=off", m.image(t, "./testdata/link"), "--", "4")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(cmd); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	expect := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("%q, want %q", lines.Text(), want)
		}
	}
	expect("link up")
	q := monitor(t, socket)
	for range 2 {
		q("set_link", map[string]any{"name": "net0", "up": false})
		expect("link down")
		q("set_link", map[string]any{"name": "net0", "up": true})
		expect("link up")
	}
	io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestCarrier: a server with an address by DHCP whose cable is pulled: its interface
// says so and keeps its address, its connections go on when the cable is back, and
// the DHCP server is asked again.
func TestCarrier(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"-machine", "q35"}, {"-arch", "arm64", "-machine", "virt"}} {
		t.Run(flags[len(flags)-1], func(t *testing.T) {
			port := freePort(t)
			g := startGuest(t, port, append(flags, "-p", fmt.Sprintf("%d:7", port))...)
			g.expect(t, "up|running 10.0.2.15/24")
			c := g.dial(t)
			q := monitor(t, g.monitor)
			for range 2 {
				echo(t, c, "before")
				q("set_link", map[string]any{"name": "net0", "up": false})
				g.expect(t, "eth0: link down")
				g.expect(t, "up 10.0.2.15/24")
				fmt.Fprint(c, "meanwhile")
				q("set_link", map[string]any{"name": "net0", "up": true})
				g.expect(t, "eth0: link up")
				g.expect(t, "dhcp: the link is back, asking for 10.0.2.15 again")
				receive(t, c, "meanwhile")
			}
			c.(*net.TCPConn).CloseWrite()
			g.expect(t, "30 <nil>")
		})
	}
}

// A guest runs a program; what that prints, the kernel's log among it, comes line by
// line.
type guest struct {
	port    int
	monitor string
	input   io.Closer
	lines   *bufio.Scanner
}

// startGuest boots testdata/carrier with flags of `yolk run`, which lead the port to
// its server, until the test ends.
func startGuest(t *testing.T, port int, flags ...string) *guest {
	t.Helper()
	g := startProgram(t, "./testdata/carrier", append([]string{"-opt", "ip=dhcp"}, flags...)...)
	g.port = port
	return g
}

// startProgram boots a program with flags of `yolk run`, until the test ends.
func startProgram(t *testing.T, program string, flags ...string) *guest {
	t.Helper()
	g := &guest{monitor: filepath.Join(t.TempDir(), "monitor")}
	args := append([]string{"run", "-log", "info",
		"-qemu", "-qmp", "-qemu", "unix:" + g.monitor + ",server=on,wait=off"}, flags...)
	cmd := yolk(t, append(args, program)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = child.Start(cmd)
	}
	if err != nil {
		t.Fatal(err)
	}
	g.input, g.lines = in, bufio.NewScanner(out)
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		io.Copy(io.Discard, out)
		cmd.Wait()
	})
	return g
}

// expect reads lines until one contains want, while the machine lives.
func (g *guest) expect(t *testing.T, want string) {
	t.Helper()
	var seen []string
	for g.lines.Scan() {
		seen = append(seen, g.lines.Text())
		if strings.Contains(g.lines.Text(), want) {
			return
		}
	}
	t.Fatalf("no %q in %q", want, seen)
}

// dial connects to the guest's server. Only to one whose interface runs: QEMU asks an
// absent guest again after six seconds.
func (g *guest) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(limit))
	return c
}

// echo sends words and wants them back.
func echo(t *testing.T, c net.Conn, words string) {
	t.Helper()
	if _, err := fmt.Fprint(c, words); err != nil {
		t.Fatal(err)
	}
	receive(t, c, words)
}

func receive(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("%q, %v, want %q", b, err, want)
	}
}

// listens reports whether QEMU's monitor can be connected to: its socket is there
// before it listens. It takes one at a time, and the next when this one has gone.
func listens(socket string) bool {
	c, err := net.Dial("unix", socket)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// monitor connects to QEMU's monitor (QEMU Machine Protocol) and returns what gives
// it a command and returns the answer.
func monitor(t *testing.T, socket string) func(command string, arguments map[string]any) any {
	t.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(limit))
	answers := json.NewDecoder(c)
	give := func(command string, arguments map[string]any) any {
		t.Helper()
		if arguments == nil {
			arguments = map[string]any{}
		}
		words, err := json.Marshal(map[string]any{"execute": command, "arguments": arguments})
		if err == nil {
			_, err = fmt.Fprintln(c, string(words))
		}
		for err == nil {
			var answer map[string]any
			if err = answers.Decode(&answer); err == nil && answer["error"] != nil {
				t.Fatalf("%s: %v", words, answer["error"])
			}
			if result, done := answer["return"]; done {
				return result // what else came is the greeting, or news
			}
		}
		t.Fatal(err)
		return nil
	}
	give("qmp_capabilities", map[string]any{})
	return give
}
