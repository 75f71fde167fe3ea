package socket

import (
	"fmt"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/log"
)

func TestStackLog(t *testing.T) {
	var lines []string
	l := &stackLog{logf: func(f string, a ...any) { lines = append(lines, fmt.Sprintf(f, a...)) }}
	now := time.Unix(1000, 0)
	for i := range 5 {
		l.Emit(0, log.Warning, now.Add(time.Duration(i)*time.Millisecond), "event %d", i)
	}
	l.Emit(0, log.Warning, now.Add(2*time.Second), "event %d", 9)
	if len(lines) != 3 || lines[0] != "stack: event 0" || lines[2] != "stack: 4 more messages were dropped" {
		t.Errorf("%q", lines)
	}
}
