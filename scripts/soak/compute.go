package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// compute has handlers that never wait, on a machine that else does little.
var compute = attack{
	name: "compute", strength: 1, alone: true,
	about: "requests at a time whose handlers compute for four seconds",
	run: func(ctx context.Context, t *target, n int) (string, error) {
		var done atomic.Int64
		var clients sync.WaitGroup
		for range n {
			clients.Go(func() {
				for ctx.Err() == nil {
					wait(ctx, time.Second)
					if ask(ctx, "http://"+t.addr+"/compute?ms=4000") == nil {
						done.Add(1)
					}
				}
			})
		}
		clients.Wait()
		return fmt.Sprint(done.Load(), " computed"), nil
	},
}

// ask gets a page on a connection of its own.
func ask(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
