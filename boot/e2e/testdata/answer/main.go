// Answer gives one HTTP answer of 100 KB, closes the connection, says so, and goes on
// doing something else.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"time"
)

const size = 100 << 10

func main() {
	l, err := net.Listen("tcp", ":8080")
	if err != nil {
		log.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 4096)); err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(c, "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n", size)
	if _, err := c.Write(bytes.Repeat([]byte("x"), size)); err != nil {
		log.Fatal(err)
	}
	c.Close()
	fmt.Println("answered")
	time.Sleep(time.Hour)
}
