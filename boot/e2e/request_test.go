//go:build e2e

package e2e

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// requestLimit is what a request of 64 bytes and its answer may cost over loopback, both
// ends counted, in instructions: 3 % more than they do with all that boot/overlay does
// to make the stack cheaper, of which the least saves more.
const requestLimit = 37_900

// TestRequestCost: the instructions of a request over loopback, which are the same on
// every computer, are not more than they were.
func TestRequestCost(t *testing.T) {
	args := strings.Fields("run -net none -qemu -accel -qemu tcg,thread=single -qemu -icount -qemu shift=0,sleep=off ./testdata/request")
	out, complaint, status := output(t, args...)
	m := regexp.MustCompile(`(?m)^ns: (\d+)$`).FindStringSubmatch(out)
	if m == nil || status != 0 {
		t.Fatalf("status %d\n%s\n%s", status, out, complaint)
	}
	cost, _ := strconv.Atoi(m[1])
	t.Logf("%d instructions", cost)
	if cost > requestLimit {
		t.Errorf("%d instructions a request, and not %d at most", cost, requestLimit)
	}
}
