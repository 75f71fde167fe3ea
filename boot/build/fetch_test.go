package build

import (
	"archive/zip"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// proxy serves example.com/pub v1.0.0, made of files, and complains about example.com/ill.
func proxy(t *testing.T, files map[string]string) {
	mux := http.NewServeMux()
	const at = "/example.com/pub/@v/v1.0.0."
	mux.HandleFunc(at+"info", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"Version":"v1.0.0"}`)) })
	mux.HandleFunc(at+"mod", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(files["go.mod"])) })
	mux.HandleFunc(at+"zip", func(w http.ResponseWriter, _ *http.Request) {
		z := zip.NewWriter(w)
		defer z.Close()
		for name, text := range files {
			f, err := z.Create("example.com/pub@v1.0.0/" + name)
			if err == nil {
				_, err = f.Write([]byte(text))
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	mux.HandleFunc("/example.com/ill/", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "it is ill", http.StatusBadGateway) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Setenv("GOPROXY", server.URL)
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOTOOLCHAIN", "local")
	modules := t.TempDir()
	t.Setenv("GOMODCACHE", modules)
	t.Cleanup(func() { // it is write-protected
		clean := exec.Command("go", "clean", "-modcache")
		clean.Env = append(os.Environ(), "GOMODCACHE="+modules)
		if out, err := clean.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// locating locates a target as a build does.
func locating(t *testing.T, target string) (*goTool, error) {
	t.Helper()
	p, err := FindPlatform("kvm", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	g, _, err := locate(context.Background(), &Options{Target: target, Platform: p}, t.TempDir())
	return g, err
}

// TestPublished: what a published module has for its author only is not looked at, and what
// it has for everybody is.
func TestPublished(t *testing.T) {
	modules := os.Getenv("GOMODCACHE")
	proxy(t, map[string]string{
		"go.mod": "module example.com/pub\n\ngo 1.20\n\nreplace example.com/other => ../other\n\n" +
			"replace example.com/fork v1.0.0 => example.com/mine v1.2.0\n\nreplace example.com/api v0.1.0 => ./api\n",
		"go.work": "go 1.20\n\nuse .\nuse ../away\n", "cmd/x/main.go": hello,
	})
	g, err := locating(t, "example.com/pub/cmd/x@v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(g.dir, "../../go.mod"))
	if text := string(mod); err != nil || strings.Count(text, "replace") != 1 || !strings.Contains(text, "example.com/mine v1.2.0") {
		t.Errorf("%s %v", text, err)
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", modules)
	if _, err := build(t, g.dir); err != nil {
		t.Error(err)
	}
}

// TestNotPublished: what the go command says of a download is what is said.
func TestNotPublished(t *testing.T) {
	proxy(t, map[string]string{"go.mod": "module example.com/pub\n\ngo 1.99\n"})
	for target, want := range map[string]string{
		"example.com/none/cmd@v1.0.0": "example.com/none/cmd/@v/v1.0.0.info: 404 Not Found",
		"example.com/ill/cmd@v1.0.0":  "it is ill",
		"example.com/pub/cmd@v1.0.0":  "needs go1.99",
	} {
		if _, err := locating(t, target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v\nwant %s", target, err, want)
		}
	}
	proxy(t, map[string]string{"go.mod": "module example.com/pub\n"})
	_, err := locating(t, "example.com/pub/cmd@v1.0.0")
	if err == nil || err.Error() != "example.com/pub@v1.0.0 has no package example.com/pub/cmd" {
		t.Error(err)
	}
}
