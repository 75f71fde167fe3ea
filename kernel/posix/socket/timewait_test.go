package socket

import (
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

func TestTimeWaitFor(t *testing.T) {
	for _, c := range []struct {
		dt    time.Duration
		limit int
		want  time.Duration
	}{
		{time.Hour, 1000, maxTimeWait},
		{time.Second, 64 * 10, 10 * time.Second},
		{time.Second, 64 * 1000, maxTimeWait},
		{time.Millisecond, 640, minTimeWait},
		{0, 640, minTimeWait},
	} {
		if got := timeWaitFor(c.dt, c.limit); got != c.want {
			t.Errorf("%v, %d: %v, want %v", c.dt, c.limit, got, c.want)
		}
	}
}

// A burst of connections shortens the time, so that the memory of a small
// machine holds them.
func TestTimeWaitBound(t *testing.T) {
	s, err := New(Options{Memory: 24 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for range 3 {
		for range timeWaitBatch {
			s.countClose()
		}
	}
	var o tcpip.TCPTimeWaitTimeoutOption
	s.net.TransportProtocolOption(tcp.ProtocolNumber, &o)
	if time.Duration(o) != minTimeWait {
		t.Errorf("TIME-WAIT lasts %v", time.Duration(o))
	}
}
