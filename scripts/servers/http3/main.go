// Http3 serves over HTTP/3, with a certificate of its own making. With -self it asks itself
// over the loopback device and prints what the two ends found out about ECN: whether what
// one marks arrives so at the other, which reports what it has counted (RFC 9000, 13.4).
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/qlog"
	"github.com/quic-go/quic-go/qlogwriter"
)

func main() {
	self := flag.Bool("self", false, "ask this server")
	flag.Parse()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	server := http3.Server{
		Addr:       ":8443",
		TLSConfig:  http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}),
		QUICConfig: traced(),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprintf(w, "%s, and %d bytes\n", r.Proto, n)
		}),
	}
	if !*self {
		log.Fatal(server.ListenAndServe())
	}
	go func() { log.Fatal(server.ListenAndServe()) }()
	client := http.Client{Transport: &http3.Transport{QUICConfig: traced(), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Post("https://127.0.0.1:8443/", "text/plain", io.LimitReader(zeros{}, 1<<20))
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	fmt.Printf("%s%v\n", text, err)
	for range 2 {
		fmt.Println(<-found)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// found has what each end has found out about ECN.
var found = make(chan string, 2)

func traced() *quic.Config {
	return &quic.Config{Tracer: func(_ context.Context, client bool, _ quic.ConnectionID) qlogwriter.Trace { return trace{client} }}
}

// trace records one event.
type trace struct{ client bool }

func (t trace) AddProducer() qlogwriter.Recorder { return t }
func (t trace) SupportsSchemas(string) bool      { return true }
func (t trace) Close() error                     { return nil }

func (t trace) RecordEvent(e qlogwriter.Event) {
	if e, ok := e.(qlog.ECNStateUpdated); ok && (e.State == qlog.ECNStateCapable || e.State == qlog.ECNStateFailed) {
		select {
		case found <- fmt.Sprintf("client %v: ECN is %s %s", t.client, e.State, e.Trigger):
		default: // nobody has asked
		}
	}
}
