package main

import (
	"bytes"
	"fmt"
	"net"
)

// answers are the whole ones, by the request's first line.
var answers = func() map[string][]byte {
	m := map[string][]byte{}
	for _, n := range sizes {
		head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n", n)
		m[fmt.Sprintf("GET /%d HTTP/1.1", n)] = append([]byte(head), body(n)...)
	}
	return m
}()

// serveRaw answers with as little as a server of HTTP can do: it looks for the end of a
// request and sends what is ready.
func serveRaw(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			answerRaw(c)
		}()
	}
}

// answerRaw answers until the connection ends, or asks for what there is not.
func answerRaw(c net.Conn) {
	in := make([]byte, 4<<10)
	for have := 0; have < len(in); {
		n, err := c.Read(in[have:])
		if err != nil {
			return
		}
		have += n
		for end := 0; ; {
			rest := in[end:have]
			i := bytes.Index(rest, []byte("\r\n\r\n"))
			if i < 0 {
				have = copy(in, rest)
				break
			}
			line, _, _ := bytes.Cut(rest, []byte("\r\n"))
			answer, known := answers[string(line)]
			if !known {
				return
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
			end += i + 4
		}
	}
}
