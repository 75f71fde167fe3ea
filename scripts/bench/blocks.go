package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"yolk/boot/qemu"
)

// countBlocks boots a machine and returns how many blocks of guest code the
// emulator has translated when the guest has printed its marker and then done
// nothing new for a while. Under software emulation most of a boot's time is
// the translation of code that runs once, about 5 us a block, and the number
// hardly changes from run to run however busy the host is.
func (b *bench) countBlocks(c qemu.Config, marker string) (float64, error) {
	path := filepath.Join(b.work, "qmp")
	c.Extra = append(c.Extra, "-qmp", "unix:"+path+",server=on,wait=off")
	g, err := b.boot(c, marker, bootLimit)
	if err != nil {
		return 0, err
	}
	defer g.stop()
	conn, err := net.Dial("unix", path)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(bootLimit))
	m := monitor{conn, json.NewDecoder(conn)}
	if err := m.start(); err != nil {
		return 0, err
	}
	for last := -1.0; ; {
		b.sleep(300 * time.Millisecond)
		text, err := m.command("info jit")
		if err != nil {
			return 0, err
		}
		n, err := parseBlocks(text)
		if err != nil || n == last {
			return n, err
		}
		last = n
	}
}

var blockCount = regexp.MustCompile(`(?m)^TB count\s+(\d+)`)

// parseBlocks reads the output of the emulator's command "info jit".
func parseBlocks(text string) (float64, error) {
	m := blockCount.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("the emulator does not tell its blocks: %q", text)
	}
	return strconv.ParseFloat(m[1], 64)
}

// A monitor speaks QMP (QEMU, docs/interop/qmp-spec.txt).
type monitor struct {
	w io.Writer
	r *json.Decoder
}

// qmpReply is an answer, or an event when both fields are empty.
type qmpReply struct {
	Return json.RawMessage
	Error  *struct{ Desc string }
}

// start reads the greeting and enters command mode.
func (m monitor) start() error {
	var greeting struct{ QMP any }
	if err := m.r.Decode(&greeting); err != nil {
		return err
	}
	_, err := m.execute("qmp_capabilities", nil)
	return err
}

// command runs a command of the human monitor and returns its output.
func (m monitor) command(line string) (text string, err error) {
	r, err := m.execute("human-monitor-command", map[string]string{"command-line": line})
	if err != nil {
		return "", err
	}
	return text, json.Unmarshal(r, &text)
}

// execute runs a command and returns what it returns, passing over events.
func (m monitor) execute(name string, args any) (json.RawMessage, error) {
	request := map[string]any{"execute": name}
	if args != nil {
		request["arguments"] = args
	}
	if err := json.NewEncoder(m.w).Encode(request); err != nil {
		return nil, err
	}
	for {
		var r qmpReply
		if err := m.r.Decode(&r); err != nil {
			return nil, err
		}
		if r.Error != nil {
			return nil, errors.New(name + ": " + r.Error.Desc)
		}
		if r.Return != nil {
			return r.Return, nil
		}
	}
}
