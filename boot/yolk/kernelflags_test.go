package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"yolk/kernel/cmdline"
)

// TestKernelKeys: the options that can be given are those that are read, but for
// what yolk sets itself.
func TestKernelKeys(t *testing.T) {
	read := regexp.MustCompile(`\b(?:[oO]ption|[eE]arlyOption)\((?:[&\w.]+, )?"(\w+)"`)
	found := map[string]bool{}
	for _, dir := range []string{"kernel", "plat", "netdev"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			for _, m := range read.FindAllSubmatch(text, -1) {
				found[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, own := range []string{"argv0", "cwd"} {
		if !found[own] {
			t.Errorf("%s is not found in the sources: is this test's expression right?", own)
		}
		delete(found, own)
	}
	for _, k := range cmdline.Keys {
		if !found[k.Key] {
			t.Errorf("nobody reads %s", k.Key)
		}
		delete(found, k.Key)
	}
	for key := range found {
		t.Errorf("%s is read, and cannot be given", key)
	}
}
