package build

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"yolk/boot/image"
)

// TestWith: a program is given this machine's certificates and Go's time zones.
func TestWith(t *testing.T) {
	certificates := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(certificates, []byte("trusted by this machine"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", certificates)
	b := &builder{o: &Options{With: Withs}, cache: t.TempDir(), release: toolchain{goroot: runtime.GOROOT()}}
	files, err := b.with()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := image.Pack(files)
	for _, want := range []string{"etc/ssl/certs/ca-certificates.crt", "trusted by this machine", "usr/share/zoneinfo/Europe/Berlin", "TZif2"} {
		if err != nil || !strings.Contains(string(packed), want) {
			t.Errorf("no %s is packed, %v", want, err)
		}
	}
	if _, err := findAuthorities([]string{"", "/nowhere"}); err == nil || !strings.Contains(err.Error(), "SSL_CERT_FILE") {
		t.Error(err)
	}
}

// TestLacks: what is packed by hand is there, too.
func TestLacks(t *testing.T) {
	for dst, want := range map[string]bool{"/data": true, "/": false, "/etc": false, "/etc/ssl/certs": false, "/etc/ssl/certs/mine.pem": false, "/etc/s": true} {
		o := Options{Files: []image.Files{{Dst: dst}}}
		if got := o.lacks(WithCA, "/etc/ssl/certs"); got != want {
			t.Errorf("with %s: lacks certificates: %v", dst, got)
		}
	}
}
