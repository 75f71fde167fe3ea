// Daytime tells the time to whoever connects, and ends the connection (RFC 867). It is
// the smallest server there is, and the one that unikernels have been compared with.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("daytime: ")
	addr := flag.String("addr", ":13", "listen on `ADDRESS`")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("daytime: listening on %s\n", l.Addr())
	log.Fatal(serve(l))
}

// serve answers until l is closed.
func serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		// A line fits into the send buffer: nobody can make this wait.
		io.WriteString(c, time.Now().Format(time.RFC1123Z)+"\r\n")
		c.Close()
	}
}
