package qemu

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestMemory: the memory of a machine that can be saved is a file of its size, which is found
// among the open ones of a process, and copied without what was never written.
func TestMemory(t *testing.T) {
	const size, at = 16 << 20, 5 << 20
	memory, err := Config{Memory: size}.newMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	if _, err := memory.WriteAt([]byte("written"), at); err != nil {
		t.Fatal(err)
	}
	found, err := memfdOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	name := filepath.Join(t.TempDir(), "memory")
	if err := copyHoles(name, found); err != nil {
		t.Fatal(err)
	}
	copied, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	text := make([]byte, len("written"))
	if _, err := copied.ReadAt(text, at); err != nil || string(text) != "written" {
		t.Errorf("%q, %v", text, err)
	}
	if n, err := copied.Seek(0, io.SeekEnd); n != size || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}
