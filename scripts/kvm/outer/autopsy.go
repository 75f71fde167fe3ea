//go:build linux

package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// asked of QEMU about a machine that does not answer: where it is and what waits for
// it. The registers come twice, to tell whether it moves.
var asked = []string{"info registers -a", "info lapic", "info pic", "info virtio", "info registers -a"}

// virtioDevice is a network card's name in the answer to "info virtio".
var virtioDevice = regexp.MustCompile(`(\S+) \[virtio-net\]`)

// autopsy returns what QEMU knows of the machine.
func (m *machine) autopsy() string {
	select {
	case <-m.all:
		return "" // it has ended
	default:
	}
	q, err := m.dial()
	if err != nil {
		return err.Error()
	}
	defer q.Close()
	var all strings.Builder
	ask := func(question string) string {
		answer, err := q.ask("human-monitor-command", "command-line", question)
		if err != nil {
			answer = err
		}
		text := strings.ReplaceAll(fmt.Sprint(answer), "\r", "")
		fmt.Fprintf(&all, "%s:\n%s\n", question, text)
		return text
	}
	for _, question := range asked {
		for _, card := range virtioDevice.FindAllStringSubmatch(ask(question), -1) {
			for queue := range 2 {
				ask(fmt.Sprintf("info virtio-queue-status %s %d", card[1], queue))
			}
		}
		time.Sleep(100 * time.Millisecond) // in which a machine that runs moves on
	}
	return all.String()
}
