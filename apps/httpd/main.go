// Httpd serves a folder of files and a status page about the machine it runs
// on. Where there is NAME.gz beside NAME it sends that to browsers, which ask for it; with
// the tag tls it speaks HTTPS as well. It is an ordinary Go program: `go run ./apps/httpd`
// serves the same on Linux.
package main

import (
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

//go:embed site
var site embed.FS

var started = time.Now()

// serve answers what comes to a listener. With the tag tls it is another.
var serve = http.Serve

func main() {
	addr := flag.String("addr", ":8080", "listen on `ADDRESS`")
	root := flag.String("root", "", "serve the files in `FOLDER` instead of the built-in page")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("httpd: unexpected argument %q; see -help", flag.Arg(0))
	}

	files, err := folder(*root)
	if err != nil {
		log.Fatal("httpd: ", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", precompressed(files, http.FileServerFS(files)))
	mux.HandleFunc("/status", status)

	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal("httpd: ", err)
	}
	fmt.Printf("httpd: listening on %s\n", l.Addr())
	log.Fatal("httpd: ", serve(l, mux))
}

// folder returns the files to serve: those in root, or the built-in ones.
func folder(root string) (fs.FS, error) {
	if root == "" {
		return fs.Sub(site, "site")
	}
	if st, err := os.Stat(root); err != nil {
		return nil, err
	} else if !st.IsDir() {
		return nil, fmt.Errorf("-root %s is not a folder", root)
	}
	return os.DirFS(root), nil
}
