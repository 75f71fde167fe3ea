package file

import (
	"syscall"
	"testing"
	"unsafe"
)

// TestSharedMemory: a segment is the same at all places where it is attached, and is there
// until it is removed and the last of them is detached.
func TestSharedMemory(t *testing.T) {
	Full()
	useHost(t)
	const size = 5000
	id := must(t, syscall.SYS_SHMGET, ipcPrivate, size, ipcCreate|ipcExcl|0o600)
	one, two := must(t, syscall.SYS_SHMAT, id, 0, 0), must(t, syscall.SYS_SHMAT, id, 0, shmReadOnly)
	bytes := func(at int) []byte { return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), size) }
	bytes(one)[4999] = 7
	if one == two || bytes(two)[4999] != 7 || bytes(two)[0] != 0 {
		t.Errorf("at %#x and %#x: %d", one, two, bytes(two)[4999])
	}
	var d shmDescription
	stat := func() syscall.Errno {
		_, _, e := Handle(syscall.SYS_SHMCTL, uintptr(id), ipcStat, 0, 0, 0, 0, nil, nil, unsafe.Pointer(&d), nil, nil, nil)
		return e
	}
	if e := stat(); e != 0 || d.size != size || d.attached != 2 || d.mode != 0o600 || d.on == 0 {
		t.Errorf("%+v, %v", d, e)
	}
	must(t, syscall.SYS_SHMDT, two)
	must(t, syscall.SYS_SHMCTL, id, ipcRemove, 0)
	if e := stat(); e != 0 || d.attached != 1 || d.mode != 0o600|shmDest || d.detachedAt == 0 {
		t.Errorf("%+v, %v", d, e)
	}
	if bytes(one)[4999] != 7 {
		t.Error("what is attached has gone")
	}
	must(t, syscall.SYS_SHMDT, one)
	if e := stat(); e != syscall.EINVAL {
		t.Errorf("it is there still: %v", e)
	}
	fails(t, syscall.EINVAL, syscall.SYS_SHMDT, one)
}

// TestSharedMemoryKeys: others find a segment by its key, until it is removed.
func TestSharedMemoryKeys(t *testing.T) {
	Full()
	useHost(t)
	const key = 0x1234
	fails(t, syscall.ENOENT, syscall.SYS_SHMGET, key, 4096, 0o600)
	fails(t, syscall.EINVAL, syscall.SYS_SHMGET, key, 0, ipcCreate|0o600)
	id := must(t, syscall.SYS_SHMGET, key, 4096, ipcCreate|0o600)
	if same := must(t, syscall.SYS_SHMGET, key, 4000, 0); same != id {
		t.Errorf("%d, not %d", same, id)
	}
	fails(t, syscall.EEXIST, syscall.SYS_SHMGET, key, 4096, ipcCreate|ipcExcl)
	fails(t, syscall.EINVAL, syscall.SYS_SHMGET, key, 4097, 0)
	fails(t, syscall.EINVAL, syscall.SYS_SHMAT, id, 4095, 0)
	fails(t, syscall.EINVAL, syscall.SYS_SHMAT, id+1, 0, 0)
	fails(t, syscall.EFAULT, syscall.SYS_SHMCTL, id, ipcStat, 0)
	must(t, syscall.SYS_SHMCTL, id, ipcRemove, 0)
	fails(t, syscall.ENOENT, syscall.SYS_SHMGET, key, 4096, 0o600)
}

// TestFileHandles: a file is opened by its handle, whatever it is called, until it has no name.
func TestFileHandles(t *testing.T) {
	Full()
	fd, e := open(t, "/tmp/by-handle", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	if e != 0 {
		t.Fatal(e)
	}
	must(t, syscall.SYS_WRITE, fd, "kept", 4)
	h, mount := fileHandle{length: 4}, int32(0)
	name := func() syscall.Errno {
		_, _, e := Handle(sysNameToHandleNr, here, 0, 0, 0, 0, 0, nil, cstr("/tmp/by-handle"), unsafe.Pointer(&h), unsafe.Pointer(&mount), nil, nil)
		return e
	}
	if e := name(); e != syscall.EOVERFLOW || h.length != handleLength {
		t.Errorf("%+v, %v", h, e)
	}
	if e := name(); e != 0 || mount != 1 {
		t.Errorf("%+v on %d, %v", h, mount, e)
	}
	must(t, syscall.SYS_RENAMEAT, here, "/tmp/by-handle", here, "/tmp/otherwise")
	again := func() (uintptr, syscall.Errno) {
		n, _, e := Handle(sysOpenByHandleNr, uintptr(fd), 0, syscall.O_RDONLY, 0, 0, 0, nil, unsafe.Pointer(&h), nil, nil, nil, nil)
		return n, e
	}
	other, e := again()
	b := make([]byte, 8)
	if n, e2 := read(int(other), b); e != 0 || e2 != 0 || string(b[:n]) != "kept" {
		t.Errorf("%q, %v, %v", b[:n], e, e2)
	}
	must(t, syscall.SYS_UNLINKAT, here, "/tmp/otherwise", 0)
	if _, e := again(); e != syscall.ESTALE {
		t.Error(e)
	}
	h.typ = 2
	if _, e := again(); e != syscall.EINVAL {
		t.Error(e)
	}
	must(t, syscall.SYS_CLOSE, fd)
	must(t, syscall.SYS_CLOSE, other)
}
