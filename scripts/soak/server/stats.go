package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"yolk/scripts/soak/served"
)

// stats answers with the machine's state. The collection gives memory back to the
// machine, so that Free can be compared with what it was.
func stats(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("gc") != "" {
		debug.FreeOSMemory()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f := served.Figures{
		Live: m.HeapAlloc, Heap: m.HeapInuse, Stacks: m.StackInuse,
		Records:    m.MSpanSys + m.MCacheSys + m.BuckHashSys + m.GCSys + m.OtherSys,
		Goroutines: runtime.NumGoroutine(), Collections: m.NumGC,
	}
	readMemory(&f)
	readPackets(&f)
	f.Sockets = readSockets()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(f)
}

// readMemory reads /proc/meminfo, which counts in KiB.
func readMemory(s *served.Figures) {
	eachLine("/proc/meminfo", func(line string) {
		name, rest, _ := strings.Cut(line, ":")
		var kib uint64
		fmt.Sscan(rest, &kib)
		switch name {
		case "MemTotal":
			s.Total = kib << 10
		case "MemFree":
			s.Free = kib << 10
		}
	})
}

// readPackets adds the interfaces of /proc/net/dev: sixteen counters each, eight
// for either direction: bytes, packets, errors, drops.
func readPackets(s *served.Figures) {
	eachLine("/proc/net/dev", func(line string) {
		name, rest, ok := strings.Cut(line, ":")
		var c [16]uint64
		for i, f := range strings.Fields(rest) {
			if i < len(c) {
				fmt.Sscan(f, &c[i])
			}
		}
		if ok && strings.TrimSpace(name) != "lo" {
			s.Received, s.Errors, s.Drops, s.Sent = s.Received+c[1], s.Errors+c[2], s.Drops+c[3], s.Sent+c[9]
		}
	})
}

// readSockets reads /proc/net/sockstat: lines of a protocol and pairs of a name and a
// number.
func readSockets() map[string]uint64 {
	sockets := map[string]uint64{}
	eachLine("/proc/net/sockstat", func(line string) {
		protocol, rest, _ := strings.Cut(line, ":")
		f := strings.Fields(rest)
		for i := 1; i < len(f); i += 2 {
			sockets[protocol+" "+f[i-1]], _ = strconv.ParseUint(f[i], 10, 64)
		}
	})
	return sockets
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
