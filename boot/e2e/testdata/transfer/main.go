// Transfer listens on port 80 and moves as many bytes as its argument says, both
// ways, over each connection. One whose other end has gone keeps nobody waiting.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"

	"yolk/netdev/relay/transfer"
)

func main() {
	n, err := strconv.ParseInt(os.Args[1], 10, 64)
	var l net.Listener
	if err == nil {
		l, err = net.Listen("tcp", ":80")
	}
	for err == nil {
		var c net.Conn
		if c, err = l.Accept(); err == nil {
			go func() {
				defer c.Close()
				fmt.Println("transfer:", transfer.Exchange(c, n, 2))
			}()
		}
	}
	fmt.Println("transfer:", err)
	os.Exit(1)
}
