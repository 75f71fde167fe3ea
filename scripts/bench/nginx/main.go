//go:build linux

// Nginx is the program of the Linux guest that serves with Debian's nginx: it makes the
// files that are asked for, starts the server, and says when that listens.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"
)

//go:embed nginx.conf
var conf []byte

func main() {
	log.SetFlags(0)
	log.SetPrefix("nginx: ")
	for _, dir := range []string{"/srv", "/run", "/etc", "/var/log/nginx", "/var/lib/nginx"} {
		check(os.MkdirAll(dir, 0o755))
	}
	check(os.WriteFile("/etc/nginx.conf", conf, 0o644))
	check(os.WriteFile("/etc/passwd", []byte("root:x:0:0::/:\n"), 0o644))
	check(os.WriteFile("/etc/group", []byte("root:x:0:\n"), 0o644))
	for _, size := range os.Args[1:] {
		n, err := strconv.Atoi(size)
		check(err)
		check(os.WriteFile("/srv/"+size, bytes.Repeat([]byte("x"), n), 0o644))
	}
	cmd := exec.Command("/usr/sbin/nginx", "-c", "/etc/nginx.conf")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	check(cmd.Start())
	go announce()
	log.Fatal(cmd.Wait())
}

// announce says when the server takes connections.
func announce() {
	for {
		if c, err := net.Dial("tcp", "127.0.0.1:8080"); err == nil {
			c.Close()
			fmt.Println("server: listening")
			return
		}
		time.Sleep(10 * time.Millisecond) // nobody tells
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
