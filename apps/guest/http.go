//go:build !noserver

package guest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// serve takes programs at addr until that fails.
func serve(name, addr string, run Run, l Limits) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("%s: listening on %s\n", name, listener.Addr())
	server := http.Server{Handler: Handler(run, l), ReadTimeout: time.Minute}
	return server.Serve(listener)
}

// Handler answers a POST of a program with its output. Its arguments are the values of
// `arg` in the address. The status is 422 if the program fails or exceeds a limit, and
// the last lines of the answer say why. One program runs at a time, as memory is the
// machine's; others wait for their turn.
func Handler(run Run, l Limits) http.Handler {
	turn := make(chan struct{}, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		code, err := io.ReadAll(http.MaxBytesReader(w, r.Body, l.Size))
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			http.Error(w, fmt.Sprintf("the program has more than %d bytes (-size)", l.Size), http.StatusRequestEntityTooLarge)
			return
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		var out bytes.Buffer
		if err := l.run(r.Context(), run, Program{Name: "program", Code: code, Args: r.URL.Query()["arg"], Output: &out}); err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprintln(&out, err)
		}
		out.WriteTo(w)
	})
	return mux
}
