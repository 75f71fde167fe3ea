package build

import (
	"path/filepath"
	"strings"
	"testing"

	"yolk/boot/size"
)

// TestCompositions: an image has what its program needs and nothing else, by the symbols
// of what is linked, and each smaller composition is strictly smaller.
func TestCompositions(t *testing.T) {
	p, err := FindPlatform("kvm", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	const stack, sockets, files, cards = "gvisor.dev/gvisor/", "yolk/kernel/posix/socket", "yolk/kernel/posix/file", "yolk/netdev"
	var smaller int64
	for _, c := range []struct {
		name, imports, body string
		has, lacks          []string
		parts               string
	}{
		{"prints", `"fmt"`, `fmt.Println("hello")`, nil, []string{stack, sockets, files, cards}, ""},
		{"forwards", `"fmt"; "yolk/netdev"`, `fmt.Println(netdev.Count())`, []string{cards}, []string{stack, sockets, files}, "netdev"},
		{"reads", `"fmt"; "os"; "yolk/netdev"`, `b, err := os.ReadFile("/x"); fmt.Println(b, err, netdev.Count())`, []string{cards, files}, []string{stack, sockets}, "netdev files"},
		{"serves", `"fmt"; "net"`, `l, err := net.Listen("tcp", ":80"); fmt.Println(l, err)`, []string{stack, sockets, files, cards}, nil, "net files"},
		{"web", `"fmt"; "net/http"`, `fmt.Println(http.ListenAndServeTLS(":443", "c", "k", nil))`, []string{stack, sockets, files, "crypto/tls"}, nil, "net files"},
	} {
		dir := module(t, map[string]string{c.name + ".go": "package main\n\nimport (" + c.imports + ")\n\nfunc main() { " + c.body + " }\n"})
		r, parts, err := Explain(t.Context(), Options{Sources: []string{filepath.Join(dir, c.name+".go")}, Platform: p, Output: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		linked, err := size.Read(r.ELF)
		if err != nil {
			t.Fatal(err)
		}
		has := func(path string) bool {
			for pkg := range linked.Packages {
				if pkg == path || strings.HasPrefix(pkg+"/", path+"/") || strings.HasPrefix(pkg, path) && strings.HasSuffix(path, "/") {
					return true
				}
			}
			return false
		}
		for _, path := range c.has {
			if !has(path) {
				t.Errorf("%s has no %s", c.name, path)
			}
		}
		for _, path := range c.lacks {
			if has(path) {
				t.Errorf("%s has %s", c.name, path)
			}
		}
		var names []string
		for _, part := range parts {
			names = append(names, filepath.Base(part.Part))
			if len(part.Packages) == 0 {
				t.Errorf("%s: %s brings nothing", c.name, part.Part)
			}
		}
		if strings.Join(names, " ") != c.parts {
			t.Errorf("%s: parts %s, want %s", c.name, names, c.parts)
		}
		var total int64
		for _, l := range linked.Libraries(func(string) string { return "all" }) {
			total = l.Total()
		}
		if total += linked.Rest; total <= smaller {
			t.Errorf("%s takes %d bytes, no more than the one before, %d", c.name, total, smaller)
		}
		t.Logf("%-9s %8d bytes", c.name, total)
		smaller = total
	}
}
