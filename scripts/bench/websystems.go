package main

import (
	"fmt"
	"path/filepath"
	"strconv"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/scripts/bench/linuxguest"
)

// A webSystem is a machine but for its processors.
type webSystem struct {
	name, netns string
	tap, host   string // its interface, and the host's address there
	servers     []webServer
	config      func(cpus int, args ...string) qemu.Config
}

// connect makes the system's interface, anew if there is one, with a pair of queues for each
// processor where there are several.
func (s webSystem) connect(cpus int) error {
	ip("-n", s.netns, "link", "delete", s.tap)
	flags := []string{"vnet_hdr"}
	if cpus > 1 {
		flags = append(flags, "multi_queue")
	}
	return addTap(s.netns, s.tap, s.host+"/24", flags...)
}

// webSystems builds the machines.
func (b *bench) webSystems(netns string) (systems []webSystem, err error) {
	own := []webServer{{Server: "net/http", port: 8080}, {Server: "raw", port: 8081}}
	b.say("building server")
	r, err := build.Build(b.ctx, build.Options{
		Target: filepath.Join(b.root, serverProgram), Platform: b.main().plat, Output: filepath.Join(b.work, "server.yolk"),
	})
	if err != nil {
		return nil, err
	}
	add := func(name string, servers []webServer, config func(host, guest string, args []string) qemu.Config) {
		i := len(systems)
		host, guest, tap := fmt.Sprintf("10.77.%d.1", i), fmt.Sprintf("10.77.%d.2/24", i), fmt.Sprint("tap", i)
		systems = append(systems, webSystem{name, netns, tap, host, servers, func(cpus int, args ...string) qemu.Config {
			c := config(host, guest, args)
			c.Memory, c.CPUs = arenaMemory, cpus
			c.Net = qemu.Net{Kind: qemu.NetTap, Iface: tap, Several: cpus > 1}
			return c
		}})
	}
	add("Yolk", own, func(host, guest string, args []string) qemu.Config {
		return b.machine(b.main(), linuxguest.Machine, r.Image, []string{"ip=" + guest, "gw=" + host}, args)
	})
	linux := func(name string, servers []webServer, g *linuxguest.Guest, err error) {
		if err != nil {
			b.leftOut(name, err)
			return
		}
		add(name, servers, func(_, guest string, args []string) qemu.Config {
			return g.Config(b.machine(b.main(), linuxguest.Machine, "", nil, nil), guest, args)
		})
	}
	g, err := b.linux.Make(b.main().plat.Arch, serverProgram, nil)
	linux("Linux", own, g, err)
	g, err = b.nginx()
	linux("nginx", []webServer{{Server: "nginx", port: 8080}}, g, err)
	return systems, nil
}

// nginx is a Linux guest with Debian's nginx.
func (b *bench) nginx() (*linuxguest.Guest, error) {
	const libraries = "lib/x86_64-linux-gnu/"
	files, err := b.linux.Packages("nginx", []string{"nginx", "libc6", "libcrypt1", "libpcre2-8-0", "libssl3", "zlib1g"}, []string{
		"usr/sbin/nginx", "lib64/ld-linux-x86-64.so.2", libraries + "libc.so.6", libraries + "libcrypt.so.1", libraries + "libz.so.1",
		"usr/" + libraries + "libpcre2-8.so.0", "usr/" + libraries + "libssl.so.3", "usr/" + libraries + "libcrypto.so.3",
	})
	if err != nil {
		return nil, err
	}
	return b.linux.Make(b.main().plat.Arch, "scripts/bench/nginx", files)
}

// webServers are those of all systems with so many processors.
func webServers(systems []webSystem, cpus int) (servers []webServer) {
	for i, s := range systems {
		var args []string
		if s.name == "nginx" {
			for _, n := range webSizes {
				args = append(args, strconv.Itoa(n))
			}
		}
		on := &contestant{number: i, name: s.name, netns: s.netns, marker: serverMarker,
			config: func() (qemu.Config, error) { return s.config(cpus, args...), nil }}
		for _, w := range s.servers {
			w.System, w.on, w.warm = s.name, on, new(int)
			servers = append(servers, w)
		}
	}
	return servers
}
