// Bolt is a store on bbolt over HTTP: PUT keeps a body by its path, and has it on the disk
// when it answers; GET returns it, for / the names.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"go.etcd.io/bbolt"
)

var bucket, errNone = []byte("kept"), errors.New("there is none")

func main() {
	file := flag.String("db", "/kept.db", "the store")
	flag.Parse()
	db, err := bbolt.Open(*file, 0o600, nil)
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucketIfNotExists(bucket); return err })
	}
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("PUT /{name}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put([]byte(r.PathValue("name")), body) })
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	http.HandleFunc("GET /{name...}", func(w http.ResponseWriter, r *http.Request) {
		err := db.View(func(tx *bbolt.Tx) error {
			b, name := tx.Bucket(bucket), r.PathValue("name")
			if name == "" {
				return b.ForEach(func(k, _ []byte) error { _, err := fmt.Fprintf(w, "%s\n", k); return err })
			}
			v := b.Get([]byte(name))
			if v == nil {
				return errNone
			}
			_, err := w.Write(v)
			return err
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
	})
	fmt.Fprintln(os.Stderr, "listening")
	log.Fatal(http.ListenAndServe(":8080", nil))
}
