package image

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cavaliergopher/cpio"
)

func tree(t *testing.T) string {
	dir := t.TempDir()
	stamp := time.Unix(1_700_000_000, 0)
	for name, text := range map[string]string{"index.html": "<p>", "css/a.css": "p{}", "empty": ""} {
		name = filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(name), 0o755)
		if err := os.WriteFile(name, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(name, stamp, stamp)
	}
	if err := os.Symlink("css/a.css", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPack(t *testing.T) {
	dir := tree(t)
	b, err := Pack([]Files{{dir, "/srv/www"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := cpio.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		if h.Mode.IsRegular() && (h.ModTime.Unix() != 1_700_000_000 || h.Mode.Perm() != 0o640) {
			t.Errorf("%s: time %v mode %v", h.Name, h.ModTime, h.Mode)
		}
		got = append(got, h.Name+"="+string(text)+h.Linkname)
	}
	want := []string{"srv=", "srv/www=", "srv/www/css=", "srv/www/css/a.css=p{}",
		"srv/www/empty=", "srv/www/index.html=<p>", "srv/www/link=css/a.css"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	again, _ := Pack([]Files{{dir, "/srv/www"}})
	if !bytes.Equal(b, again) {
		t.Error("packing the same tree twice gives different archives")
	}
}

func TestPackNothing(t *testing.T) {
	for _, files := range [][]Files{nil, {{t.TempDir(), "/"}}} {
		if b, err := Pack(files); b != nil || err != nil {
			t.Errorf("%v: %d bytes, %v", files, len(b), err)
		}
	}
}

func TestPackLaterWins(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		os.WriteFile(filepath.Join(dir, name), []byte("from "+name), 0o644)
	}
	b, err := Pack([]Files{{filepath.Join(dir, "a"), "/x"}, {filepath.Join(dir, "b"), "/x"}})
	if err != nil || bytes.Contains(b, []byte("from a")) || !bytes.Contains(b, []byte("from b")) {
		t.Errorf("err %v, archive %q", err, b)
	}
}

func TestParseFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f.txt")
	os.WriteFile(file, nil, 0o644)
	for arg, want := range map[string]Files{
		dir:                   {dir, "/" + filepath.Base(dir)},
		dir + ":/":            {dir, "/"},
		".":                   {".", "/"},
		"..":                  {"..", "/"},
		"../image":            {"../image", "/image"},
		dir + ":/srv/../data": {dir, "/data"},
		file:                  {file, "/f.txt"},
		file + ":/etc/x":      {file, "/etc/x"},
		file + ":/etc/":       {file, "/etc/f.txt"},
		file + ":/":           {file, "/f.txt"},
	} {
		if got, err := ParseFiles(arg); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", arg, got, err, want)
		}
	}
	if _, err := ParseFiles("/no/such:/x"); err == nil || !strings.Contains(err.Error(), "/no/such") {
		t.Errorf("a missing folder: %v", err)
	}
}
