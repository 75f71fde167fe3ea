package file

import (
	"syscall"
	"testing"
	"unsafe"
)

func BenchmarkPread(b *testing.B) {
	for _, size := range []int{1, 4096, 65536} {
		b.Run(map[int]string{1: "1", 4096: "4KiB", 65536: "64KiB"}[size], func(b *testing.B) {
			fd, _ := open(b, "/tmp/bench", syscall.O_CREAT|syscall.O_RDWR, 0o644)
			defer closeFD(fd)
			p := make([]byte, size)
			write(fd, p)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				Handle(syscall.SYS_PREAD64, uintptr(fd), 0, uintptr(size), 0, 0, 0, nil, unsafe.Pointer(&p[0]), nil, nil, nil, nil)
			}
		})
	}
}

func BenchmarkPipe(b *testing.B) {
	r, w := pipes(b, 0)
	p := make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		write(w, p)
		read(r, p)
	}
}

func BenchmarkOpenClose(b *testing.B) {
	name := cstr("/etc/hosts")
	b.ReportAllocs()
	for b.Loop() {
		fd, _, _ := Handle(syscall.SYS_OPENAT, here, 0, 0, 0, 0, 0, nil, name, nil, nil, nil, nil)
		closeFD(int(fd))
	}
}

func BenchmarkStat(b *testing.B) {
	name := cstr("/proc/sys/net/core/somaxconn")
	var st syscall.Stat_t
	b.ReportAllocs()
	for b.Loop() {
		Handle(sysNewfstatat, here, 0, 0, 0, 0, 0, nil, name, unsafe.Pointer(&st), nil, nil, nil)
	}
}
