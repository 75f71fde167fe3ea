// Sqlite executes the statement that is sent to it by POST, with the values of `v` in
// the address as parameters, and answers with the rows, tabs between their columns. What it
// has answered is on the disk: its journal is a WAL that is synced by each transaction.
package main

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	_ "modernc.org/sqlite"
)

func main() {
	file := flag.String("db", "/app.db", "the data base")
	flag.Parse()
	db, err := sql.Open("sqlite", "file:"+*file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err == nil {
		err = db.Ping()
	}
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		statement, err := io.ReadAll(r.Body)
		var out bytes.Buffer
		if err == nil {
			err = query(db, &out, string(statement), r.URL.Query()["v"])
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out.WriteTo(w)
	})
	fmt.Fprintln(os.Stderr, "listening")
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func query(db *sql.DB, w io.Writer, statement string, values []string) error {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	rows, err := db.Query(statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	row, to := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range row {
		to[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		var line []string
		for _, c := range row {
			line = append(line, c.String)
		}
		fmt.Fprintln(w, strings.Join(line, "\t"))
	}
	return rows.Err()
}
