package main

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"
)

// A row is one line of the status page; a row without a value is a heading.
type row struct{ Name, Value string }

const head = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Status</title>
<link rel="stylesheet" href="style.css">
<main>
<h1>Status</h1>
<table>
`

// write renders rows; a template package would double this program's size.
func write(w io.Writer, rows []row) {
	io.WriteString(w, head)
	for _, r := range rows {
		if r.Value == "" {
			fmt.Fprintf(w, "<tr><th colspan=2>%s\n", html.EscapeString(r.Name))
			continue
		}
		fmt.Fprintf(w, "<tr><td>%s<td>%s\n", html.EscapeString(r.Name), html.EscapeString(r.Value))
	}
	io.WriteString(w, "</table>\n</main>\n</html>\n")
}

// status renders what this machine is doing. The figures come from the Go
// runtime and from /proc, so the page works on Linux too.
func status(w http.ResponseWriter, r *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	rows := []row{
		{"Program", ""},
		{"Uptime", time.Since(started).Round(time.Millisecond).String()},
		{"Goroutines", fmt.Sprint(runtime.NumGoroutine())},
		{"Processors", fmt.Sprint(runtime.NumCPU())},
		{"Go", runtime.Version() + " " + runtime.GOARCH},
		{"Memory", ""},
	}
	rows = append(rows, memory()...)
	rows = append(rows,
		row{"Go heap in use", mebibytes(m.HeapInuse)},
		row{"Taken by Go from the machine", mebibytes(m.Sys - m.HeapReleased)},
		row{"Garbage collections", fmt.Sprint(m.NumGC)})
	rows = append(rows, packets()...)
	w.Header().Set("Cache-Control", "no-store")
	write(w, rows)
}

func mebibytes(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// memory reads /proc/meminfo.
func memory() (rows []row) {
	names := map[string]string{"MemTotal": "RAM", "MemFree": "RAM free"}
	eachLine("/proc/meminfo", func(line string) {
		name, rest, _ := strings.Cut(line, ":")
		var kib uint64
		if label := names[name]; label != "" {
			fmt.Sscan(rest, &kib)
			rows = append(rows, row{label, mebibytes(kib << 10)})
		}
	})
	return rows
}

// packets reads /proc/net/dev: sixteen counters for each interface, of which
// the first two of each direction are bytes and packets.
func packets() (rows []row) {
	eachLine("/proc/net/dev", func(line string) {
		name, rest, ok := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if !ok || len(f) < 16 {
			return
		}
		rows = append(rows, row{"Network interface " + strings.TrimSpace(name), ""},
			row{"Received", f[1] + " packets, " + f[0] + " bytes"},
			row{"Sent", f[9] + " packets, " + f[8] + " bytes"},
			row{"Receive errors and drops", f[2] + ", " + f[3]})
	})
	return rows
}

func eachLine(name string, f func(string)) {
	file, err := os.Open(name)
	if err != nil {
		return
	}
	defer file.Close()
	for s := bufio.NewScanner(file); s.Scan(); {
		f(s.Text())
	}
}
