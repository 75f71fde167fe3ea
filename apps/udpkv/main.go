// Udpkv is a key-value store in memory, served over UDP sockets. It is an
// ordinary Go program: `go run ./apps/udpkv` serves on Linux. The same server
// without sockets is apps/udpkv/bare.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"

	"yolk/apps/udpkv/kv"
	"yolk/apps/udpkv/sockets"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("udpkv: ")
	port := flag.Int("port", kv.Port, "listen on `PORT`")
	limit := flag.Int("limit", 16, "keep up to so many `MEGABYTES`")
	flag.Parse()
	switch {
	case *limit < 1:
		log.Fatalf("-limit %d: a megabyte at least", *limit)
	case flag.NArg() > 0:
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: *port})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("udpkv: serving on %v, over sockets\n", conn.LocalAddr())
	log.Fatal(sockets.Serve(conn, kv.NewStore(*limit<<20)))
}
