package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
)

// plain serves without net/http: each request, whatever it asks for, is answered
// with 64 KiB in one write, which the network's buffers must take or hold up.
func plain(addr string) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal("server: ", err)
	}
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 2*len(block))
	answer = append(append(answer, block[:]...), block[:]...)
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal("server: ", err)
		}
		go func() {
			defer c.Close()
			in := bufio.NewReader(c)
			for {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(line) > 2 {
					continue // the head goes on
				}
				if _, err := c.Write(answer); err != nil {
					return
				}
			}
		}()
	}
}
