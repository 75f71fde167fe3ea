//go:build e2e

package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// servers are third-party programs, straight from the module proxy, with a
// client that people use. The client's arguments contain the port as %d.
var servers = []struct {
	name, target string
	guest        int
	talks        [][]string // commands in order, retried until the first succeeds
	want         []string
}{
	{
		name: "key-value", target: "github.com/tidwall/redcon/example@v1.4.0", guest: 6380,
		talks: [][]string{
			{"redis-cli", "-p", "%d", "set", "yolk", "egg"},
			{"redis-cli", "-p", "%d", "get", "yolk"},
			{"redis-cli", "-p", "%d", "-r", "200", "ping"},
		},
		want: []string{"OK", "egg", strings.Repeat("PONG\n", 200)},
	},
	{
		name: "message broker", target: "github.com/mochi-mqtt/server/v2/examples/tcp@v2.6.6", guest: 1883,
		talks: [][]string{
			{"mosquitto_pub", "-h", "127.0.0.1", "-p", "%d", "-r", "-t", "greeting", "-m", "hello from the host"},
			{"mosquitto_sub", "-h", "127.0.0.1", "-p", "%d", "-t", "greeting", "-C", "1", "-W", "20"},
		},
		want: []string{"", "hello from the host"},
	},
}

// TestServers builds unmodified servers from their own modules and lets their
// real clients talk to them.
func TestServers(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			port := freePort(t)
			_, stop := background(t, yolk(t, "run", "-p", fmt.Sprintf("%d:%d", port, s.guest), s.target))
			defer stop()
			for i, c := range s.talks {
				out, err := talk(c, port, i == 0)
				if err != nil || !strings.Contains(out, s.want[i]) {
					t.Errorf("%v: %v, %q, want %q", c, err, out, s.want[i])
					break
				}
			}
		})
	}
}

// talk runs a client; the first command may find the server not yet up.
func talk(c []string, port int, retry bool) (string, error) {
	args := make([]string, len(c)-1)
	for i, a := range c[1:] {
		args[i] = strings.ReplaceAll(a, "%d", fmt.Sprint(port))
	}
	for deadline := time.Now().Add(limit / 2); ; {
		out, err := exec.Command(c[0], args...).CombinedOutput()
		if err == nil || !retry || time.Now().After(deadline) {
			return string(out), err
		}
		time.Sleep(100 * time.Millisecond) // the image is still being built or booted
	}
}
