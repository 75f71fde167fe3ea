//go:build e2e

package e2e

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDaytime: a shell is told the time.
func TestDaytime(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	_, stop := background(t, yolk(t, "run", "-memory", "16M", "-p", fmt.Sprintf("%d:13", port), "../../apps/daytime"))
	defer stop()
	out, err := talk([]string{"bash", "-c", "cat < /dev/tcp/127.0.0.1/%d | grep ."}, port, true)
	if !regexp.MustCompile(`^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n$`).MatchString(out) || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

// TestTLSProxy: curl reaches a server of this computer by way of the machine.
func TestTLSProxy(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "in the clear") }))
	defer server.Close()
	_, behind, _ := net.SplitHostPort(server.Listener.Addr().String())
	port := freePort(t)
	_, stop := background(t, yolk(t, "run", "-p", fmt.Sprintf("%d:8443", port), "../../apps/tlsproxy", "--", "-to", "10.0.2.2:"+behind))
	defer stop()
	if out, err := talk([]string{"curl", "-sk", "https://127.0.0.1:%d/"}, port, true); out != "in the clear" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

// TestHTTPS: curl trusts httpd's certificate, and is sent the compressed page.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	// httptest has a certificate for 127.0.0.1.
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	own := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"cert.pem":           pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]}),
		"key.pem":            pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		"site/index.html":    []byte("plain"),
		"site/index.html.gz": []byte("packed"),
	} {
		name = filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(name), 0o755)
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	port := freePort(t)
	_, stop := background(t, yolk(t, "run", "-tags", "tls", "-files", dir+":/srv", "-p", fmt.Sprintf("%d:8080", port),
		"../../apps/httpd", "--", "-root", "/srv/site", "-cert", "/srv/cert.pem", "-key", "/srv/key.pem"))
	defer stop()
	ask := []string{"curl", "-s", "--cacert", filepath.Join(dir, "cert.pem"), "https://127.0.0.1:%d/"}
	if out, err := talk(ask, port, true); out != "plain" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := talk(append(ask, "-i", "-H", "Accept-Encoding: gzip"), port, false); !strings.HasSuffix(out, "\npacked") || !strings.Contains(strings.ToLower(out), "content-encoding: gzip") || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

// TestPing: a machine without a network stack answers Linux's ping.
func TestPing(t *testing.T) {
	t.Parallel()
	tap(t)
	if out, err := exec.Command("ip", "addr", "add", "192.0.2.1/24", "dev", "tap0").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := here(yolk(t, "run", "-net", "tap:tap0", "-opt", "ip=192.0.2.2/24", "../../apps/ping"))
	_, stop := background(t, cmd)
	defer stop()
	// It asks for the address first, twice a second while nobody answers.
	out, err := exec.Command("ping", "-q", "-i", "0.5", "-c", "5", "-w", fmt.Sprint(limit.Seconds()/2), "-s", "1472", "192.0.2.2").CombinedOutput()
	if !strings.Contains(string(out), " 5 received") || err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// tap makes the interface tap0, in a network namespace that ends with the test, as the
// thread that is in it does.
func tap(t *testing.T, flags ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a tap interface needs root")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("no network namespace: ", err)
	}
	for _, args := range [][]string{
		append([]string{"tuntap", "add", "tap0", "mode", "tap", "vnet_hdr"}, flags...),
		{"link", "set", "tap0", "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Skipf("ip %v: %v: %s", args, err, out)
		}
	}
}
