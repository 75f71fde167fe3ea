package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// markdown writes what make bench-http and make bench-tcp found.
func (r *Report) markdown(w io.Writer) {
	fmt.Fprintf(w, "Yolk %s, %s, %s, %s, %d processors, load %s, %s.\n", r.Host.Commit, r.Host.Go, r.Host.Emulator,
		r.Host.Accel, r.Host.Processors, r.Host.Load, r.Host.Time.Format(time.DateTime))
	r.webTables(w)
	r.tcpTables(w)
	for _, s := range r.LeftOut {
		fmt.Fprintf(w, "\nLeft out: %s\n", s)
	}
}

// table writes rows under a head; the first column has words, the others figures.
func table(w io.Writer, head []string, rows [][]string) {
	fmt.Fprintf(w, "\n| %s |\n|---|%s\n", strings.Join(head, " | "), strings.Repeat("--:|", len(head)-1))
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
}

// sizeWords words a size in bytes.
func sizeWords(n int) string {
	if n >= 1<<10 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// ratio words a by b, "-" without one of them.
func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}
