// Tlsproxy terminates TLS: what comes to it encrypted it passes on in the clear to a
// server that knows nothing of certificates, and the answers back.
package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"time"
)

const (
	handshakeLimit = 10 * time.Second
	dialLimit      = 10 * time.Second
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("tlsproxy: ")
	addr := flag.String("addr", ":8443", "listen on `ADDRESS`")
	to := flag.String("to", "", "forward to the server at `HOST:PORT`")
	cert := flag.String("cert", "", "the certificates are in `FILE`; without it one is made, which no client trusts")
	key := flag.String("key", "", "the private key of -cert is in `FILE`")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	}
	if _, _, err := net.SplitHostPort(*to); err != nil {
		log.Fatalf("-to %q: where to forward to, such as 10.0.2.2:8080", *to)
	}
	own, err := certificate(*cert, *key)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("tlsproxy: listening on %s, forwarding to %s\n", l.Addr(), *to)
	log.Fatal(serve(l, &tls.Config{Certificates: []tls.Certificate{own}}, *to))
}

// certificate reads a certificate and its key, or makes them.
func certificate(cert, key string) (tls.Certificate, error) {
	switch {
	case cert == "" && key == "":
		return selfSigned()
	case cert == "" || key == "":
		return tls.Certificate{}, errors.New("-cert and -key belong together")
	}
	return tls.LoadX509KeyPair(cert, key)
}

// serve forwards what comes to l until that is closed.
func serve(l net.Listener, config *tls.Config, to string) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := forward(tls.Server(c, config), to); err != nil {
				log.Printf("%s: %v", c.RemoteAddr(), err)
			}
		}()
	}
}

// forward connects a client with the server until both have said all. The server is
// asked only once the client has shown that it speaks TLS.
func forward(client *tls.Conn, to string) error {
	defer client.Close()
	client.SetDeadline(time.Now().Add(handshakeLimit))
	if err := client.Handshake(); err != nil {
		return err
	}
	client.SetDeadline(time.Time{})
	c, err := net.DialTimeout("tcp", to, dialLimit)
	if err != nil {
		return err
	}
	server := c.(*net.TCPConn)
	defer server.Close()
	answered := make(chan error, 1)
	go func() { answered <- pass(client, server) }()
	if err := pass(server, client); err != nil {
		return err // and both are closed
	}
	return <-answered
}

// pass copies until from ends, and says to what it has reached then.
func pass(to interface {
	io.Writer
	CloseWrite() error
}, from io.Reader) error {
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return to.CloseWrite()
}
