package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// web has package net/http answer as many requests of its own, and prints how many
// nanoseconds each took.
func web() {
	c := dial(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(size))
		w.Write(make([]byte, size))
	}))
	defer c.Close()
	r := bufio.NewReader(c)
	get := func(n int) {
		for range n {
			_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			check(err)
			for line := []byte{0, 0, 0}; len(line) > len("\r\n"); {
				line, err = r.ReadSlice('\n')
				check(err)
			}
			_, err = r.Discard(size)
			check(err)
		}
	}
	get(requests / 2)
	start := time.Now()
	get(requests)
	fmt.Println("http ns:", time.Since(start).Nanoseconds()/requests)
}

// dial connects to a server with one handler.
func dial(h http.Handler) net.Conn { return dialServer(&http.Server{Handler: h}) }

func dialServer(s *http.Server) net.Conn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go s.Serve(l)
	c, err := net.Dial("tcp", l.Addr().String())
	check(err)
	return c
}

// watch prints what becomes of handlers that learn in some way that the client has gone.
func watch() {
	for _, way := range []struct {
		name, body string
		wait       func(http.ResponseWriter, *http.Request)
	}{
		{"Done", "", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"Err", "", func(_ http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
		}},
		{"a context made of it", "", func(_ http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), "", ""), time.Hour)
			defer cancel()
			<-ctx.Done()
		}},
		{"AfterFunc", "", func(_ http.ResponseWriter, r *http.Request) {
			gone := make(chan bool)
			context.AfterFunc(r.Context(), func() { close(gone) })
			<-gone
		}},
		{"CloseNotify", "", func(w http.ResponseWriter, _ *http.Request) { <-w.(http.CloseNotifier).CloseNotify() }},
		{"Done before the body", ".", func(_ http.ResponseWriter, r *http.Request) {
			gone := r.Context().Done()
			io.ReadAll(r.Body)
			<-gone
		}},
	} {
		began, ended, before := make(chan int), make(chan bool), 0
		c := dial(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began <- runtime.NumGoroutine() - before
			way.wait(w, r)
			close(ended)
		}))
		time.Sleep(time.Second) // until the server waits for a request
		before = runtime.NumGoroutine()
		_, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "+strconv.Itoa(len(way.body))+"\r\n\r\n"+way.body)
		check(err)
		more := <-began
		time.Sleep(time.Second)
		c.Close()
		select {
		case <-ended:
			fmt.Printf("watched by %s, %d goroutines more\n", way.name, more)
		case <-time.After(time.Minute):
			fmt.Println("not told by", way.name)
		}
	}
}

// late prints what a context that is first asked for when its request is over says of why.
func late() {
	for _, first := range []string{"the request's end", "the server's"} {
		base, end := context.WithCancelCause(context.Background())
		asked := make(chan context.Context, 1)
		c := dialServer(&http.Server{
			BaseContext: func(net.Listener) context.Context { return base },
			Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if first == "the server's" {
					end(errors.New(first))
				}
				asked <- r.Context()
			}),
		})
		_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		check(err)
		_, err = c.Read(make([]byte, 1)) // the answer
		check(err)
		end(errors.New("what came last"))
		ctx := <-asked
		if cause := context.Cause(ctx); cause != nil && ctx.Err() == context.Canceled && ctx.Value(http.ServerContextKey) != nil {
			fmt.Printf("after %s: %v\n", first, cause)
		}
		<-ctx.Done()
		c.Close()
	}
}
