package main

import (
	"context"
	"fmt"
)

// churn connects, asks and leaves, so that either side has many closed connections
// to remember. None may be lost.
var churn = attack{
	name: "churn", strength: 100_000,
	about: "connections at most, one after the other, with one request each",
	run: func(ctx context.Context, t *target, n int) (string, error) {
		made, lost := 0, 0
		var first error
		for ; made < n && ctx.Err() == nil; made++ {
			if err := ask(ctx, "http://"+t.addr+"/"); err != nil && ctx.Err() == nil {
				if lost++; first == nil {
					first = err
				}
			}
		}
		did := fmt.Sprintf("%d connections, %d lost", made, lost)
		if lost > 0 {
			return did, fmt.Errorf("%d of %d connections lost, first: %w", lost, made, first)
		}
		return did, nil
	},
}
