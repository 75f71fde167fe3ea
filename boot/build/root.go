package build

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Root finds the folder of Yolk's module: $YOLK_ROOT, where this binary's own source
// was when it was compiled, or above the binary, if both were moved together.
func Root() (string, error) {
	if dir := os.Getenv("YOLK_ROOT"); dir != "" {
		if !isRoot(dir) {
			return "", fmt.Errorf("%w (YOLK_ROOT=%s is not it)", ErrNoYolkRoot, dir)
		}
		return filepath.Abs(dir)
	}
	_, source, _, _ := runtime.Caller(0)
	binary, _ := os.Executable()
	return findRoot(source, binary)
}

// findRoot finds it by the place of this file, which -trimpath takes away, and by the
// binary's.
func findRoot(source, binary string) (string, error) {
	home := filepath.Dir(filepath.Dir(filepath.Dir(source)))
	if filepath.IsAbs(home) && isRoot(home) {
		return home, nil
	}
	if real, err := filepath.EvalSymlinks(binary); err == nil {
		binary = real
	}
	for dir := filepath.Dir(binary); filepath.IsAbs(dir); dir = filepath.Dir(dir) {
		if isRoot(dir) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return "", fmt.Errorf("%w (it is neither above %s nor where that was compiled from, %s)", ErrNoYolkRoot, binary, home)
}

func isRoot(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && strings.HasPrefix(string(b), "module yolk\n")
}

// cacheFolders are the folders that a build makes in Cache's.
var cacheFolders = []string{"goroot", "image", "link", "mod", "overlay", "work", "zoneinfo"}

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
