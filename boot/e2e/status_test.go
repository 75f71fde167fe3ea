//go:build e2e

package e2e

import (
	"context"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"yolk/boot/child"
)

// TestStatus: an image with -status has a page that a browser draws from figures that are
// all there; one without has nothing of it.
func TestStatus(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	flag := fmt.Sprintf(":%d", port)
	running, stop := background(t, yolk(t, "run", "-memory", "32M", "-status", flag, "../../apps/httpd"))
	defer stop()
	figures, err := get(running, fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../plat/status/page.html")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`"((?:yolk|go|process)_\w+)"`).FindAllSubmatch(page, -1)
	if len(shown) < 10 {
		t.Errorf("the page shows %d figures", len(shown))
	}
	for _, m := range shown {
		if !strings.Contains(figures, "\n"+string(m[1])) {
			t.Errorf("no %s in\n%s", m[1], figures)
		}
	}

	// Virtual time: the page asks each second, which the browser does not wait for.
	ctx, cancel := context.WithTimeout(running, time.Minute)
	defer cancel()
	browser := exec.CommandContext(ctx, "chromium-headless-shell", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=20000", "--dump-dom", fmt.Sprintf("http://127.0.0.1:%d/", port))
	var seen strings.Builder
	browser.Stdout, browser.Stderr = &seen, io.Discard
	if err := child.Run(browser); err != nil {
		t.Fatal(err)
	}
	dom := seen.String()
	drawn := regexp.MustCompile(`<path class="[ab]" d="M[0-9. -]+L`).FindAllString(dom, -1)
	graphs := strings.Count(string(page), "{ title:")
	if strings.Count(dom, "<section>") != graphs || len(drawn) < graphs || !strings.Contains(dom, "<h1>httpd</h1>") || !strings.Contains(dom, "up for ") || strings.Contains(dom, "NaN") {
		t.Errorf("%d of %d graphs, %d lines\n%s", strings.Count(dom, "<section>"), graphs, len(drawn), dom)
	}

	image := filepath.Join(t.TempDir(), "without.yolk")
	if _, complaint, status := output(t, "build", "-o", image, "../../apps/httpd"); status != 0 {
		t.Fatal(complaint)
	}
	f, err := elf.Open(strings.TrimSuffix(image, ".yolk") + ".elf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil || len(symbols) == 0 {
		t.Fatal(err)
	}
	for _, s := range symbols {
		if strings.HasPrefix(s.Name, "yolk/plat/status") || strings.HasPrefix(s.Name, "yolk/plat/metrics") || s.Name == "yolk/kernel/syscalls.sysStats" {
			t.Errorf("an image without a page has %s", s.Name)
		}
	}
}
