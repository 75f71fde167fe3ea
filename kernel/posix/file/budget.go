package file

import (
	"sync/atomic"

	"yolk/kernel/bootinfo"
)

// What descriptors take of memory besides the file tree has bounds in RAM, as
// Linux has them. Zero is no bound, as on the host.

// A budget counts what there is of something against the most there may be.
type budget struct{ used atomic.Int64 }

var (
	described budget // open file descriptions, queued ones included
	watches   budget // of epoll sets
	queued    budget // bytes in pipes and Unix sockets
)

// share returns the most of what takes size bytes of each part of RAM.
func share(part, size int64) int64 { return bootinfo.FileLimit * 2 / part / size }

// mostDescribed is Linux's file-max, one for each 10 KiB, but at least 1024
// (fs/file_table.c has 8192), and never more than there are descriptors.
func mostDescribed() int64 {
	if bootinfo.FileLimit == 0 {
		return maxFD
	}
	return min(max(share(1, 10<<10), 1024), maxFD)
}

// mostWatches is epoll(7)'s max_user_watches: 4 % of RAM at 160 bytes each.
func mostWatches() int64 { return share(25, 160) }

// mostQueued is an eighth of RAM. Linux bounds pipes so (pipe(7),
// pipe-user-pages-soft) and leaves sockets to their buffers' sizes.
func mostQueued() int64 { return share(8, 1) }

// take counts n more, unless that is more than most.
func (b *budget) take(n, most int64) bool {
	if b.used.Add(n) > most && most != 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *budget) give(n int64) { b.used.Add(-n) }

// short tells that queues must not grow: beyond a page each, which every queue
// may hold so that its writer is woken by its own reader.
func short() bool {
	most := mostQueued()
	return most != 0 && queued.used.Load() >= most
}

// queueLeast is what a queue may hold whatever others do.
const queueLeast = pipeAtomic
