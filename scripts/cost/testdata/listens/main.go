// Listens is reads that takes connections and ends them.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	text, err := os.ReadFile("/etc/hosts")
	l, failed := net.Listen("tcp", ":80")
	fmt.Println("up", len(text), err, failed)
	for failed == nil {
		var c net.Conn
		if c, failed = l.Accept(); failed == nil {
			c.Close()
		}
	}
}
