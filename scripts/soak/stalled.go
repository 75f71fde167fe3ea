package main

import (
	"context"
	"net"
)

// stalled readers ask once and do not read.
var stalled = attack{
	name: "stalled", strength: 2000,
	about: "connections that ask for 4 MiB with a window of 4 KiB and do not read",
	run: func(ctx context.Context, t *target, n int) (string, error) {
		return hold(ctx, t, n, 4<<10, func(ctx context.Context, c net.Conn) {
			if _, err := c.Write(get(large)); err == nil {
				unread(ctx, c)
			}
		}).String(), nil
	},
}
