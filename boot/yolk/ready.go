package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/term"

	"yolk/boot/qemu"
)

// webPorts are those at which people expect a web server in the guest, and its scheme.
var webPorts = map[uint16]string{80: "http", 3000: "http", 8000: "http", 8080: "http", 443: "https", 8443: "https"}

// announce says where a web server in the machine answers, once it does: to whoever sits
// at a terminal, or wants to know all. What has another port is left alone: a program
// may be confused by a connection that says nothing.
func (v *voice) announce(ctx context.Context, forwards []qemu.Forward) {
	if v.quiet || !v.verbose && !term.IsTerminal(int(os.Stderr.Fd())) {
		return
	}
	for _, f := range forwards {
		if scheme, ok := webPorts[f.Guest]; ok && f.Proto == "tcp" {
			go func() {
				if url := url(scheme, f); answers(ctx, url) {
					v.say("%s answers (Ctrl-C ends it)", url)
				}
			}()
		}
	}
}

// url is where a browser on this computer finds a forwarded port.
func url(scheme string, f qemu.Forward) string {
	host := f.Addr
	if net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	if usual := map[string]uint16{"http": 80, "https": 443}; f.Host != usual[scheme] {
		host = net.JoinHostPort(host, fmt.Sprint(f.Host))
	}
	return scheme + "://" + host + "/"
}

// answers asks until there is an answer, of any kind. QEMU takes connections before the
// guest does, so that only an answer shows that somebody is there.
func answers(ctx context.Context, url string) bool {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // whose certificate it is, is not asked
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
		if err != nil {
			return false
		}
		if answer, err := client.Do(request); err == nil {
			answer.Body.Close()
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}
