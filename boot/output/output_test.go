package output

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// names are what a folder lists.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestPlace(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "file", "old")
	if err := errors.Join(os.Mkdir("folder", 0o755), syscall.Mkfifo("fifo", 0o644), os.Symlink("file", "link"),
		os.Symlink("nothing", "dangling"), os.Symlink("fifo", "tofifo")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"file": "file", "new": "new", "link": "file", "folder/../new": "folder/../new"} {
		if got, err := Place(name); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]error{"folder": ErrFolder, "fifo": ErrSpecial, "tofifo": ErrSpecial, os.DevNull: ErrSpecial,
		"dangling": ErrDangling, "none/new": ErrNoFolder, "file/new": syscall.ENOTDIR} {
		if got, err := Place(name); !errors.Is(err, want) {
			t.Errorf("%s: %q, %v, want %v", name, got, err, want)
		}
	}
}

// forms makes a test of files without a name and of those for want of them.
func forms(t *testing.T, test func(t *testing.T, f *File)) {
	for _, form := range []string{"anonymous", "named"} {
		t.Run(form, func(t *testing.T) {
			t.Chdir(t.TempDir())
			f, err := Create("file", 0o644)
			if form == "named" && err == nil {
				f.Close()
				f = &File{name: "file", named: true}
				f.File, err = os.CreateTemp(".", ".new-")
			}
			if err != nil {
				t.Fatal(err)
			}
			test(t, f)
		})
	}
}

func TestCommit(t *testing.T) {
	forms(t, func(t *testing.T, f *File) {
		put(t, "file", "old")
		f.WriteString("new")
		if b, err := os.ReadFile("file"); string(b) != "old" {
			t.Errorf("before Commit: %q, %v", b, err)
		}
		if err := errors.Join(f.Commit(), f.Close()); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile("file"); string(b) != "new" || len(names(t, ".")) != 1 {
			t.Errorf("%q, %v, in the folder: %q", b, err, names(t, "."))
		}
	})
}

func TestCloseLeavesNothing(t *testing.T) {
	forms(t, func(t *testing.T, f *File) {
		f.WriteString("new")
		if err := f.Close(); err != nil || len(names(t, ".")) != 0 {
			t.Errorf("%v, in the folder: %q", err, names(t, "."))
		}
	})
}

// TestUnfinishedHasNoName: there is nothing to be left by a process that is killed.
func TestUnfinishedHasNoName(t *testing.T) {
	dir := t.TempDir()
	if f, err := anonymous(dir, 0o600); err != nil {
		t.Skip("this file system has no files without a name: ", err)
	} else {
		f.Close()
	}
	f, err := Create(filepath.Join(dir, "file"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("new")
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("in the folder: %q", left)
	}
}

// TestWriteOften: readers see one of the texts, whole, while others write.
func TestWriteOften(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	put(t, name, "aaaa")
	var writers sync.WaitGroup
	var done atomic.Bool
	for _, text := range []string{"aaaa", "bbbbbbbb"} {
		writers.Go(func() {
			for range 100 {
				if err := Write(name, []byte(text)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { writers.Wait(); done.Store(true) }()
	for !done.Load() {
		if b, err := os.ReadFile(name); string(b) != "aaaa" && string(b) != "bbbbbbbb" {
			t.Fatalf("%q, %v", b, err)
		}
	}
	if left := names(t, filepath.Dir(name)); len(left) != 1 {
		t.Errorf("in the folder: %q", left)
	}
}

func TestFolder(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "folder")
	failure := errors.New("on purpose")
	if err := Folder(dir, func(dir string) error { put(t, filepath.Join(dir, "half"), ""); return failure }); err != failure {
		t.Error(err)
	}
	// What a killed process would have left.
	os.MkdirAll(filepath.Join(parent, ".new", "half"), 0o755)
	var made atomic.Int32
	var makers sync.WaitGroup
	for range 8 {
		makers.Go(func() {
			err := Folder(dir, func(dir string) error {
				made.Add(1)
				put(t, filepath.Join(dir, "whole"), "")
				return nil
			})
			if list := names(t, dir); err != nil || len(list) != 1 || list[0] != "whole" {
				t.Errorf("%v, in the folder: %q", err, list)
			}
		})
	}
	makers.Wait()
	if list := names(t, parent); made.Load() != 1 || len(list) != 2 { // and the lock
		t.Errorf("made %d times, beside it: %q", made.Load(), list)
	}
}
