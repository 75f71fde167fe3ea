package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// bulk is what wrk does at the end of a load: it leaves in the middle of answers.
var bulk = attack{
	name: "bulk", strength: 10, alone: true,
	about: "connections that load 64 KiB as fast as they can and are reset, all together, after a second",
	run: func(ctx context.Context, t *target, n int) (string, error) {
		var bytes atomic.Int64
		turns := 0
		for ; ctx.Err() == nil; turns++ {
			turn, end := context.WithTimeout(ctx, time.Second)
			var clients sync.WaitGroup
			for range n {
				clients.Go(func() { bytes.Add(download(turn, t.guest+plainPort)) })
			}
			clients.Wait()
			end()
			wait(ctx, time.Second)
		}
		return fmt.Sprintf("%d turns, %d MiB", turns, bytes.Load()>>20), nil
	},
}

// download asks for 64 KiB again and again until ctx ends, and resets the connection.
func download(ctx context.Context, addr string) (total int64) {
	c, err := dial(ctx, addr, 0)
	if err != nil {
		wait(ctx, time.Second)
		return 0
	}
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Now()) })()
	c.(*net.TCPConn).SetLinger(0)
	defer c.Close()
	const size = 64 << 10
	request, buf := get(size), make([]byte, size)
	for {
		if _, err := c.Write(request); err != nil {
			return total
		}
		for left := size; left > 0; { // the head is read with the next answer: it makes no difference
			n, err := c.Read(buf)
			if err != nil {
				return total
			}
			left -= n
			total += int64(n)
		}
	}
}
