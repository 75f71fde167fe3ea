//go:build e2e

package e2e

import (
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"yolk/boot/overlay"
)

// TestOtherReleases: a program that prints and a server work with the newest release of
// each line that Yolk supports, but for the line that all other tests are made with. The
// go command fetches a release that is not here. `make test-go` has all the rest.
func TestOtherReleases(t *testing.T) {
	t.Parallel()
	newest := map[string]string{}
	for _, v := range overlay.Releases() {
		newest[version.Lang(v)] = v
	}
	delete(newest, version.Lang(runtime.Version()))
	if len(newest) == 0 {
		t.Fatalf("no release but %s is supported", runtime.Version())
	}
	const compiling = 10 * time.Minute // the standard library, for the first time
	for _, release := range newest {
		t.Run(release, func(t *testing.T) {
			with := func(args ...string) *exec.Cmd {
				cmd := within(t, compiling, args...)
				cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+release)
				return cmd
			}
			out, complaint, status := finish(t, with("run", "../../apps/helloworld"))
			if status != 0 || !strings.HasPrefix(out, "Hello") {
				t.Errorf("status %d\n%s\n%s", status, out, complaint)
			}
			port := freePort(t)
			ctx, stop := background(t, with("run", "-p", fmt.Sprintf("%d:8080", port), "../../apps/httpd"))
			defer stop()
			if page, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/status", port)); err != nil || !strings.Contains(page, release) {
				t.Errorf("%v, page %.300q", err, page)
			}
		})
	}
}
