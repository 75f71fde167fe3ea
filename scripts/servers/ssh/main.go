// Ssh has a shell that knows one command: echo. Whoever has the key whose public half is the
// file of -keys may use it; what comes in from a command is sent back.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gliderlabs/ssh"
)

func main() {
	keys := flag.String("keys", "/authorized_keys", "the public key of who may come in")
	flag.Parse()
	line, err := os.ReadFile(*keys)
	if err != nil {
		log.Fatal(err)
	}
	allowed, _, _, _, err := ssh.ParseAuthorizedKey(line)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(ssh.ListenAndServe(":22", func(s ssh.Session) {
		fmt.Fprintf(s, "%s: %q\n", s.User(), s.Command())
		if _, err := io.Copy(s, s); err != nil {
			s.Exit(1)
		}
		s.Exit(len(s.Command()))
	}, ssh.PublicKeyAuth(func(_ ssh.Context, key ssh.PublicKey) bool { return ssh.KeysEqual(key, allowed) })))
}
