//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"yolk/scripts/kvm/task"
)

// snapshotSocket is for a machine that is saved and restored, one at a time.
const snapshotSocket = "/snapshot"

// A monitor is a connection to QEMU's (QEMU Machine Protocol).
type monitor struct {
	net.Conn
	answers *json.Decoder
}

func (m *machine) dial() (*monitor, error) {
	c, err := dialUnix(m.monitor)
	if err != nil {
		return nil, err
	}
	q := &monitor{c, json.NewDecoder(c)}
	c.SetDeadline(time.Now().Add(task.Patience))
	return q, q.give("qmp_capabilities")
}

// dialUnix connects to a socket that QEMU is about to make.
func dialUnix(name string) (net.Conn, error) {
	for end := time.Now().Add(task.Patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("unix", name)
		if err == nil || time.Now().After(end) {
			return c, err
		}
	}
}

// give gives a command, with pairs of an argument's name and value.
func (q *monitor) give(command string, arguments ...string) error {
	_, err := q.ask(command, arguments...)
	return err
}

// ask is give, and returns the answer: an object's members or a text.
func (q *monitor) ask(command string, arguments ...string) (result any, err error) {
	values := map[string]string{}
	for i := 0; i < len(arguments); i += 2 {
		values[arguments[i]] = arguments[i+1]
	}
	words, err := json.Marshal(map[string]any{"execute": command, "arguments": values})
	if err == nil {
		_, err = q.Write(words)
	}
	for err == nil {
		var answer struct {
			Return, Error any
		}
		if err = q.answers.Decode(&answer); err != nil {
			break
		}
		if answer.Error != nil {
			return nil, fmt.Errorf("%s: %v", command, answer.Error)
		}
		if answer.Return != nil {
			return answer.Return, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", command, err)
}

// save stops the machine and returns all that is in it.
func (q *monitor) save() ([]byte, error) {
	os.Remove(snapshotSocket)
	l, err := net.Listen("unix", snapshotSocket)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if err := q.give("stop"); err != nil {
		return nil, err
	}
	if err := q.give("migrate", "uri", "unix:"+snapshotSocket); err != nil {
		return nil, err
	}
	c, err := l.Accept()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return io.ReadAll(c)
}

// load lets a machine that waits for it go on from a snapshot.
func (q *monitor) load(snapshot []byte) error {
	c, err := dialUnix(snapshotSocket)
	if err != nil {
		return err
	}
	_, err = c.Write(snapshot)
	c.Close()
	for err == nil {
		var answer any
		answer, err = q.ask("query-status")
		if status, _ := answer.(map[string]any); status["status"] == "paused" {
			return q.give("cont")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
