package main

import (
	"context"
	"errors"
	"strings"
	"sync"
)

// mixed makes all the others at the same time.
var mixed = attack{
	name: "mixed", strength: 10,
	about: "per cent of each other attack's strength, all at the same time",
	run: func(ctx context.Context, t *target, percent int) (string, error) {
		dids, errs := make([]string, len(single)), make([]error, len(single))
		var all sync.WaitGroup
		for i, a := range single {
			all.Go(func() {
				n := max(1, a.strength*percent/100)
				dids[i], errs[i] = a.run(ctx, t, n)
				dids[i] = planned{a, n}.String() + ": " + dids[i]
			})
		}
		all.Wait()
		return strings.Join(dids, "; "), errors.Join(errs...)
	},
}
