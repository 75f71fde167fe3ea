//go:build yolk

package status

import (
	"net"
	"net/http"
	"os"
	"path/filepath"

	"yolk/kernel/syscalls"
	"yolk/plat/log"
	"yolk/plat/metrics"
)

// Address is where the page is, such as ":9100". The boot tool sets it (-status).
var Address string

// Serve shows the page beside the program. What keeps it from that is a warning.
func Serve() {
	syscalls.ServeStats()
	var list metrics.List
	list.Add(kernelMetrics()...)
	list.Add(networkMetrics()...)
	list.Add(ProgramMetrics()...)
	go func() {
		l, err := net.Listen("tcp", Address)
		if err == nil {
			err = http.Serve(l, Handler(filepath.Base(os.Args[0]), &list))
		}
		log.Net.Warnf("no status page: %v", err)
	}()
}
