//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// link pulls the card's cable and puts it back in, by QEMU's monitor: a program
// that waits for that learns of it from the card's configuration interrupt.
func (m machine) link(t *testing.T) {
	if why := m.lacks(network); why != "" {
		t.Skip(why)
	}
	socket := filepath.Join(t.TempDir(), "monitor")
	cmd := m.run(t, "-net", "user", "-qemu", "-qmp", "-qemu", "unix:"+socket+",server=on,wait=off", "./testdata/link", "--", "4")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
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
