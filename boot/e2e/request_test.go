//go:build e2e

package e2e

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What a request of 64 bytes and its answer may cost over loopback, both ends counted, in
// instructions. requestLimit, and request6Limit over IPv6, is 1 % more than they do with all
// that boot/overlay does to make the stack cheaper, of which the least saves more; webLimit,
// of a request to package net/http, is so near that each edit of savingsweb.go saves more.
const (
	requestLimit  = 35_600
	request6Limit = 36_200
	webLimit      = 58_850
)

// TestRequestCost: the instructions of a request over loopback, which are the same on
// every computer, are not more than they were. No goroutine watches the client of a handler
// that does not ask, and of others one does; who asks late is told what came
// first. Connections take turns, and none has the processor for a time slice.
func TestRequestCost(t *testing.T) {
	t.Parallel()
	args := strings.Fields("run -net none -qemu -accel -qemu tcg,thread=single -qemu -icount -qemu shift=0,sleep=off ./testdata/request")
	out, complaint, status := output(t, args...)
	if status != 0 {
		t.Fatalf("status %d\n%s\n%s", status, out, complaint)
	}
	for what, limit := range map[string]int{"tcp4 ns": requestLimit, "tcp6 ns": request6Limit, "http ns": webLimit} {
		m := regexp.MustCompile(`(?m)^` + what + `: (\d+)$`).FindStringSubmatch(out)
		if m == nil {
			t.Fatalf("%q is not said\n%s", what, out)
		}
		cost, _ := strconv.Atoi(m[1])
		t.Logf("%s: %d instructions", what, cost)
		if cost > limit {
			t.Errorf("%s: %d instructions a request, and not %d at most", what, cost, limit)
		}
	}
	if n := len(regexp.MustCompile(`(?m)^watched by .*, 0 goroutines more$`).FindAllString(out, -1)); n != 6 {
		t.Errorf("a handler learns in %d ways, and not in six, that its client has gone, or is watched unasked:\n%s", n, out)
	}
	for _, told := range []string{"after the request's end: context canceled\n", "after the server's: the server's\n"} {
		if !strings.Contains(out, told) {
			t.Errorf("not said: %s\n%s", told, out)
		}
	}
	m := regexp.MustCompile(`(?m)^the last of \d+ connections has (\d+) answers when the first has (\d+)$`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no connections took turns\n%s", out)
	}
	last, _ := strconv.Atoi(m[1])
	if first, _ := strconv.Atoi(m[2]); last < first/2 {
		t.Errorf("%s: connections do not take turns", m[0])
	}
}

// TestStays: where a request comes in, its answer is taken up and sent, and no other processor
// is woken for it, though there is one that has nothing to do. One answer in five is on the
// way when the processor has just begun to be idle, which is not counted.
func TestStays(t *testing.T) {
	t.Parallel()
	args := strings.Fields("run -net user -cpus 2 -qemu -accel -qemu tcg,thread=single -qemu -icount -qemu shift=1,sleep=off ./testdata/wakes")
	out, complaint, status := output(t, args...)
	m := regexp.MustCompile(`(?m)^stayed: (\d+)$`).FindStringSubmatch(out)
	if m == nil || status != 0 {
		t.Fatalf("status %d\n%s\n%s", status, out, complaint)
	}
	// It is 76 to 98 of 100, and was 1 to 6.
	if n, _ := strconv.Atoi(m[1]); n < 30 {
		t.Errorf("%d of 100 requests stay on their processor", n)
	}
}
