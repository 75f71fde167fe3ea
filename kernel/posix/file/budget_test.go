package file

import (
	"strconv"
	"syscall"
	"testing"

	"yolk/kernel/bootinfo"
)

// small has a test run as in a machine of 16 MiB, and checks that what it took
// has come back.
func small(t *testing.T) {
	Full()
	start()
	Tree() // its own limit is of its making
	files, watched, bytes := described.used.Load(), watches.used.Load(), queued.used.Load()
	bootinfo.FileLimit = 8 << 20
	t.Cleanup(func() {
		bootinfo.FileLimit = 0
		if a, b, c := described.used.Load()-files, watches.used.Load()-watched, queued.used.Load()-bytes; a|b|c != 0 {
			t.Errorf("%d descriptions, %d watches and %d bytes of queues left over", a, b, c)
		}
	})
}

// TestQueuesAreBounded: many writers whose readers are slow fill their share of
// RAM and no more, and each goes on when its own reader does.
func TestQueuesAreBounded(t *testing.T) {
	const pairs = 100
	for name, pair := range map[string]func(*testing.T) (r, w int){
		"pipe":     func(t *testing.T) (int, int) { return pipes(t, syscall.O_NONBLOCK) },
		"stream":   func(t *testing.T) (int, int) { return unixPair(t, stream|nonblock) },
		"datagram": func(t *testing.T) (int, int) { return unixPair(t, datagram|nonblock) },
	} {
		for _, size := range []int{1, 3000, 60000} {
			t.Run(name+" "+strconv.Itoa(size), func(t *testing.T) {
				small(t)
				if size == 1 {
					bootinfo.FileLimit /= 8 // is full after an eighth of so many writes
				}
				p := make([]byte, size)
				for range pairs {
					r, w := pair(t)
					n := 0
					e := syscall.Errno(0)
					for e == 0 && n < 300000 {
						n++
						_, e = write(w, p)
					}
					if e != syscall.EAGAIN && (e != syscall.ENOBUFS || size <= queueLeast) {
						t.Fatalf("after %d writes: %v", n, e)
					}
					if n == 1 {
						continue // a datagram that is too long for the least
					}
					if _, e := read(r, make([]byte, 1<<20)); e != 0 {
						t.Fatal("nothing was sent")
					}
					if _, e = write(w, p[:1]); e != 0 {
						t.Fatalf("after the reader: %v", e)
					}
					for e == 0 {
						_, e = write(w, p)
					}
				}
				most := mostQueued() + pairs*(queueLeast+unixMessageSize) + 1<<18
				if got := queued.used.Load(); got > most || got == 0 {
					t.Errorf("%d bytes are queued, %d are allowed", got, most)
				}
			})
		}
	}
}

// TestDescriptionsAreBounded: also those that only messages hold.
func TestDescriptionsAreBounded(t *testing.T) {
	small(t)
	var fds []int
	defer func() {
		for _, fd := range fds {
			closeFD(fd)
		}
	}()
	for {
		fd, e := open(t, "/dev/null", syscall.O_RDONLY, 0)
		if e == syscall.ENFILE {
			break
		}
		if e != 0 || len(fds) == maxFD {
			t.Fatal(len(fds), e)
		}
		fds = append(fds, fd)
	}
	if got, most := described.used.Load(), mostDescribed(); got != most {
		t.Errorf("%d descriptions where %d are allowed", got, most)
	}
	fails(t, syscall.ENFILE, syscall.SYS_EVENTFD2, 0, 0)
	fds = append(fds, must(t, syscall.SYS_DUP, fds[0])) // takes no description
	closeFD(fds[1])
	fds[1] = must(t, syscall.SYS_EVENTFD2, 0, 0)
	closeFD(fds[2])
	if got := content(t, "/proc/sys/fs/file-max"); got != strconv.FormatInt(mostDescribed(), 10)+"\n" {
		t.Errorf("file-max says %q", got)
	}
}

func TestWatchesAreBounded(t *testing.T) {
	small(t)
	r, _ := pipes(t, 0)
	for n := int64(0); ; {
		set := must(t, syscall.SYS_EPOLL_CREATE1, 0)
		defer closeFD(set)
		for k := range 200 {
			fd := r
			if k > 0 {
				fd = must(t, syscall.SYS_FCNTL, r, syscall.F_DUPFD, 0)
				defer closeFD(fd)
			}
			var ev epollEvent
			_, e := invoke(syscall.SYS_EPOLL_CTL, set, syscall.EPOLL_CTL_ADD, fd, ptr(&ev))
			if e == syscall.ENOSPC {
				if n != mostWatches() {
					t.Errorf("%d watches where %d are allowed", n, mostWatches())
				}
				return
			}
			if n++; e != 0 || n > mostWatches() {
				t.Fatal(n, e)
			}
		}
	}
}
