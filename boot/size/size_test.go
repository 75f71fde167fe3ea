package size

import (
	"os"
	"strings"
	"testing"
)

func TestPackage(t *testing.T) {
	for symbol, want := range map[string]string{
		"main.main":                      "main",
		"yolk/netdev.(*Device).Open":     "yolk/netdev",
		"net/http.init.0.func1":          "net/http",
		"gopkg.in/yaml%2ev3.Marshal":     "gopkg.in/yaml.v3",
		"gvisor.dev/gvisor/pkg/tcpip.x":  "gvisor.dev/gvisor/pkg/tcpip",
		"slices.SortFunc[go.shape.[]*a]": "slices",
		"github.com/google/btree..dict.node[gvisor.dev/gvisor/pkg/tcpip.X]": "github.com/google/btree",
		"type:.eq.net/netip.addrDetail":                                     "net/netip",
		"type:.eq.[4]net/netip.Addr":                                        "net/netip",
		"go:itab.*reflect.rtype,reflect.Type":                               "reflect",
		"runtime.goexit.abi0":                                               "runtime",
		"go:string.*":                                                       "",
		"K256":                                                              "",
		"type:.eq.struct { a/b.x }":                                         "",
	} {
		if got := Package(symbol); got != want {
			t.Errorf("%s is of %q, want %q", symbol, got, want)
		}
	}
}

func TestLibraryOf(t *testing.T) {
	for pkg, want := range map[string]string{
		"yolk/kernel/posix/socket/dhcp":         "sockets",
		"yolk/kernel/posix/file":                "files",
		"yolk/kernel/mem":                       "kernel",
		"yolk/netdev/netstack":                  "network stack",
		"internal/runtime/atomic":               "Go runtime",
		"net/http/internal/http2":               "net/http",
		"net/netip":                             "net",
		"crypto/tls":                            "crypto",
		"vendor/golang.org/x/crypto/cryptobyte": "crypto",
		"encoding/json":                         "other of the standard library",
		"main":                                  Own,
		"hello/inner":                           Own,
		"example.com/me/hello/inner":            Own,
		"example.com/me/other/x":                "example.com/me/other",
		"":                                      "made by the linker",
	} {
		program := "hello"
		if strings.HasPrefix(pkg, "example.com") {
			program = "example.com/me/hello"
		}
		if got := LibraryOf(pkg, program); got != want {
			t.Errorf("%s is %q, want %q", pkg, got, want)
		}
	}
}

// TestRead takes this test apart: nothing is lost or counted twice.
func TestRead(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Read(exe)
	if err != nil {
		t.Skip(err) // linked without symbols
	}
	mine, rt := p.Packages["yolk/boot/size"], p.Packages["runtime"]
	if mine.Code < 1000 || rt.Code < 100_000 || rt.Tables <= mine.Tables || p.Rest < 0 {
		t.Errorf("this package %+v, the runtime %+v, the rest %d", mine, rt, p.Rest)
	}
	all := p.Libraries(func(string) string { return "all" })
	st, _ := os.Stat(exe)
	if total := all[0].Total() + p.Rest; len(all) != 1 || total > st.Size() || total < st.Size()/3 {
		t.Errorf("%d bytes in a file of %d", total, st.Size())
	}
	if sum := p.Sum([]string{"yolk/boot/size", "runtime"}); sum.Total() != mine.Total()+rt.Total() {
		t.Errorf("%+v", sum)
	}
}
