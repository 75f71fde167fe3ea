//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestKVM: images under KVM, whatever this computer's processor has: what make test-kvm
// does (scripts/kvm), where Debian's kernel can be had. It measures nothing: exits are
// counted, and limits are for a busy host.
func TestKVM(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "run", "./scripts/kvm", "-yolk", os.Getenv("YOLK"))
	cmd.Dir = "../.."
	out, complaint, status := finish(t, cmd)
	if _, why, found := strings.Cut(complaint, "kvm: left out: "); found && status == 0 {
		t.Skip("left out: ", why)
	}
	if status != 0 {
		t.Errorf("status %d\n%s", status, complaint)
	}
	t.Logf("%s", out)
}
