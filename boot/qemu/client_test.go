package qemu

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"testing"
)

// TestEndedWhileAsked: a machine that ends before its emulator has said that it was asked to
// has done what it was asked.
func TestEndedWhileAsked(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "monitor")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		fmt.Fprintln(c, `{"QMP": {}}`)
		in := json.NewDecoder(c)
		var command any
		in.Decode(&command) // the capabilities
		fmt.Fprintln(c, `{"return": {}}`)
		in.Decode(&command)
		c.Close()
	}()
	c, err := Dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.AskToEnd(Config{Arch: "amd64", Machine: "q35"}); err != nil {
		t.Error(err)
	}
}
