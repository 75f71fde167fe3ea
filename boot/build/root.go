package build

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Root finds the folder of Yolk's module: $YOLK_ROOT, or where this binary's
// own source was when it was compiled.
func Root() (string, error) {
	if dir := os.Getenv("YOLK_ROOT"); dir != "" {
		if !isRoot(dir) {
			return "", fmt.Errorf("%w (YOLK_ROOT=%s is not it)", ErrNoYolkRoot, dir)
		}
		return filepath.Abs(dir)
	}
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if !filepath.IsAbs(dir) || !isRoot(dir) {
		return "", fmt.Errorf("%w (it was compiled from %s)", ErrNoYolkRoot, dir)
	}
	return dir, nil
}

func isRoot(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && strings.HasPrefix(string(b), "module yolk\n")
}

// cacheFolders are the folders that a build makes in Cache's.
var cacheFolders = []string{"goroot", "image", "link", "mod", "overlay", "work"}

// Clean removes what builds have left in cache, and nothing else: $YOLK_CACHE may
// name any folder.
func Clean(cache string) error {
	for _, name := range cacheFolders {
		if err := os.RemoveAll(filepath.Join(cache, name)); err != nil {
			return err
		}
	}
	return nil
}

// Cache returns the folder for everything Yolk can make again: $YOLK_CACHE, or
// "yolk" in the user's cache folder.
func Cache() (string, error) {
	if dir := os.Getenv("YOLK_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w; set YOLK_CACHE", err)
	}
	return filepath.Join(dir, "yolk"), nil
}
