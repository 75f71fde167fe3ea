//go:build e2e

package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"yolk/boot/qemu"
)

// servers are third-party programs, straight from the module proxy, with a
// client that people use. The client's arguments contain the port as %d.
var servers = []struct {
	name, target string
	guest        string
	talks        [][]string // commands in order, retried until the first succeeds
	want         []string
}{
	{
		name: "key-value", target: "github.com/tidwall/redcon/example@v1.4.0", guest: "6380",
		talks: [][]string{
			{"redis-cli", "-p", "%d", "set", "yolk", "egg"},
			{"redis-cli", "-p", "%d", "get", "yolk"},
			{"redis-cli", "-p", "%d", "-r", "200", "ping"},
		},
		want: []string{"OK", "egg", strings.Repeat("PONG\n", 200)},
	},
	{
		name: "message broker", target: "github.com/mochi-mqtt/server/v2/examples/tcp@v2.6.6", guest: "1883",
		talks: [][]string{
			{"mosquitto_pub", "-h", "127.0.0.1", "-p", "%d", "-r", "-t", "greeting", "-m", "hello from the host"},
			{"mosquitto_sub", "-h", "127.0.0.1", "-p", "%d", "-t", "greeting", "-C", "1", "-W", "20"},
		},
		want: []string{"", "hello from the host"},
	},
	{
		name: "names", target: "../../scripts/servers/dns", guest: "53/udp",
		talks: [][]string{
			{"dig", "@127.0.0.1", "-p", "%d", "+short", "+tries=1", "+time=5", "www.example"},
			{"dig", "@127.0.0.1", "-p", "%d", "+short", "+tries=1", "+time=20", "www.example", "TXT"},
		},
		want: []string{"192.0.2.1\n", "\"asked over udp\"\n"},
	},
	{
		name: "store", target: "../../scripts/servers/bolt", guest: "8080",
		talks: [][]string{
			{"curl", "-sf", "-X", "PUT", "-d", "kept in bbolt", "http://127.0.0.1:%d/a"},
			{"curl", "-sf", "http://127.0.0.1:%d/a"},
		},
		want: []string{"", "kept in bbolt"},
	},
}

// TestServers builds unmodified servers from their own modules and lets their
// real clients talk to them.
func TestServers(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			proto := "tcp"
			if strings.HasSuffix(s.guest, "/udp") {
				proto = "udp"
			}
			port, err := qemu.FreePort(proto)
			if err != nil {
				t.Fatal(err)
			}
			_, stop := background(t, yolk(t, "run", "-p", fmt.Sprintf("%d:%s", port, s.guest), s.target))
			defer stop()
			for i, c := range s.talks {
				out, err := talk(c, int(port), i == 0)
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
