package main

import (
	"context"
	"slices"
	"strings"

	"yolk/boot/build"
)

// A module is a package of a published module whose own tests are run.
type module struct {
	target string // PATH@VERSION
	part   string // of its tests, a row of its own, "" for the only or the first
	memory string // of the machine, "" for -memory
	run    string // tests that are run, "" for all
	skip   string // tests that are not
	beside string // what they read beside the package's folder, as its files name it
	why    string // none of the module's rows has them
}

// modules are programs' foundations: what maps files, watches them, makes calls of its own,
// or speaks a protocol.
var modules = []module{
	{target: "github.com/fsnotify/fsnotify@v1.9.0"},
	{target: "go.uber.org/goleak@v1.3.0"},
	{target: "golang.org/x/sys/unix@v0.50.0"},
	{target: "golang.org/x/net/http2@v0.62.0", memory: "1G"},
	{target: "golang.org/x/net/icmp@v0.62.0"},
	{target: "golang.org/x/net/ipv4@v0.62.0"},
	{target: "golang.org/x/net/ipv6@v0.62.0"},
	{target: "golang.org/x/net/nettest@v0.62.0"},
	{target: "golang.org/x/net/websocket@v0.62.0"},
	{target: "github.com/gorilla/websocket@v1.5.3"},
	{target: "go.etcd.io/bbolt@v1.4.3", memory: "4G"},
	{target: "github.com/shirou/gopsutil/v4/cpu@v4.26.10"},
	{target: "github.com/shirou/gopsutil/v4/mem@v4.26.10"},
	{target: "github.com/shirou/gopsutil/v4/net@v4.26.10"},
	{target: "github.com/hashicorp/raft@v1.8.0", memory: "1G"},
	{target: "github.com/quic-go/quic-go@v0.65.0", memory: "2G"},
	{target: "github.com/cockroachdb/pebble/vfs@v1.1.5", memory: "1G"},
	{target: "modernc.org/sqlite@v1.62.0", memory: "4G", skip: longSQLite + "|" + noSQLite},
	{target: "modernc.org/sqlite@v1.62.0", part: "long", memory: "4G", run: longSQLite, skip: noSQLite,
		why: "one builds itself anew with the Go toolchain, the others compute for 200 s each"},
	{target: "github.com/nats-io/nats-server/v2/server@v2.15.2", memory: "4G", run: "^TestClient", beside: natsConfigs},
	{target: "github.com/nats-io/nats-server/v2/server@v2.15.2", part: "routes", memory: "4G", run: "^TestRoute", beside: natsConfigs},
}

// longSQLite are tests of SQLite that emulation needs minutes for: 10 000 data bases, half a
// million rows by a hundred goroutines. noSQLite are run nowhere.
const (
	longSQLite = "^Test(Issue118|SingleConn|MemDB|Issue65|DBStatusCacheHitReset|Issue20)$"
	noSQLite   = "^TestConcurrentGoroutines$|^TestRegisteredFunctions$/expiring"
)

// natsConfigs are certificates and configurations that nats-server's packages share.
const natsConfigs = "../test/configs"

// virtual makes a machine's time that of its instructions: a busy host does not matter.
var virtual = []string{"-qemu", "-icount", "-qemu", "shift=1,sleep=off"}

// listModules lists those that have one of these paths, all for none, as listStd does
// packages, and downloads them.
func listModules(ctx context.Context, names []string) (*library, error) {
	l := newLibrary()
	for i := range modules {
		m := &modules[i]
		if len(names) > 0 && !slices.Contains(names, m.row()) {
			for arch := range l.pkgs { // the table has a row for each
				l.add(arch, []*pkg{{module: m}})
			}
			continue
		}
		dir, err := build.Fetch(ctx, m.target)
		if err != nil {
			return nil, err
		}
		for arch := range l.pkgs {
			list, err := listFor(ctx, arch, dir, ".")
			if err != nil {
				return nil, err
			}
			for _, p := range list {
				p.module = m
			}
			l.add(arch, list)
		}
	}
	return l, nil
}

// row names the module's row of the table, and its logs.
func (m *module) row() string {
	path, _, _ := strings.Cut(m.target, "@")
	if m.part != "" {
		path += partMark + m.part
	}
	return path
}

// partMark is between a package and the name of a part of its tests.
const partMark = "#"

// flags are those of the tests of m.
func (m *module) flags() (flags []string) {
	if m.run != "" {
		flags = append(flags, "-test.run="+m.run)
	}
	if m.skip != "" {
		flags = append(flags, "-test.skip="+m.skip)
	}
	return flags
}

// leftOut says which tests of std's modules are run nowhere, and why.
func leftOut(std *library) (list []string) {
	for i := range modules {
		m := &modules[i]
		if m.why != "" && std.of(std.host, m.row()) != nil {
			list = append(list, "* "+m.row()+": `"+m.skip+"`: "+m.why)
		}
	}
	return list
}
