//go:build e2e

package e2e

import (
	"io"
	"log"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// TestOCI: skopeo, which is not ours, pushes a packaged program to a registry, reads
// there what it is, and pulls the same again.
func TestOCI(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "hello.oci")
	if out, complaint, status := output(t, "package", "-format", "oci", "-memory", "32M", "-o", folder, "../../apps/helloworld"); status != 0 {
		t.Fatal(out, complaint)
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	there := "docker://" + strings.TrimPrefix(server.URL, "http://") + "/hello:1"
	skopeo(t, "copy", "--preserve-digests", "--dest-tls-verify=false", "oci:"+folder+":latest", there)
	for _, want := range []string{`"Architecture": "amd64"`, `"org.yolk.memory": "33554432"`, `"org.opencontainers.image.title": "helloworld"`} {
		if about := skopeo(t, "inspect", "--tls-verify=false", there); !strings.Contains(about, want) {
			t.Errorf("no %s in %s", want, about)
		}
	}
	again := "oci:" + filepath.Join(dir, "again") + ":latest"
	skopeo(t, "copy", "--preserve-digests", "--src-tls-verify=false", there, again)
	const digest = "{{.Digest}}"
	if a, b := skopeo(t, "inspect", "--format", digest, "oci:"+folder+":latest"), skopeo(t, "inspect", "--format", digest, again); a != b || !strings.HasPrefix(a, "sha256:") {
		t.Errorf("%s came back as %s", a, b)
	}
}

// TestPublishedSchemas: what engines are told is valid by what they publish. That is a
// module of its own.
func TestPublishedSchemas(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "test", ".")
	cmd.Dir = "../engine/testdata/published"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func skopeo(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("skopeo", append([]string{"--insecure-policy"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("skopeo %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
