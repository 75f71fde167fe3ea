package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
)

const large = 4 << 20 // bytes

// get is a request for an answer of n bytes.
func get(n int) []byte { return fmt.Appendf(nil, "GET /bytes/%d HTTP/1.1\r\nHost: soak\r\n\r\n", n) }

// pipeline asks for far more than it reads, which is nothing: what the machine
// sends and what it is asked both pile up on its side.
var pipeline = attack{
	name: "pipeline", strength: 250,
	about: "connections that send requests for 4 MiB without end and read nothing",
	run: func(ctx context.Context, t *target, n int) (string, error) {
		many := bytes.Repeat(get(large), 100)
		return hold(ctx, t, n, 0, func(_ context.Context, c net.Conn) {
			for {
				if _, err := c.Write(many); err != nil {
					return
				}
			}
		}).String(), nil
	},
}
