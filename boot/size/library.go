package size

import "strings"

// libraries name what packages belong to, by the beginning of their paths. The longest
// that fits counts.
var libraries = map[string]string{
	"yolk/arch":                   "kernel",
	"yolk/kernel":                 "kernel",
	"yolk/plat":                   "platform",
	"yolk/drivers":                "drivers",
	"yolk/netdev":                 "netdev",
	"yolk/netdev/netstack":        "network stack",
	"yolk/kernel/posix":           "files",
	"yolk/kernel/posix/device":    "drivers",
	"yolk/kernel/posix/printonly": "print only",
	"yolk/kernel/posix/socket":    "sockets",
	"yolk/kernel/posix/netmem":    "sockets",
	"yolk/apps":                   Own,
	"github.com/usbarmory/tamago": "kernel",

	"gvisor.dev/gvisor":          "network stack",
	"github.com/google/btree":    "network stack",
	"golang.org/x/time":          "network stack",
	"github.com/insomniacslk":    "DHCP",
	"github.com/u-root":          "DHCP",
	"github.com/pierrec/lz4":     "DHCP",
	"vendor/golang.org/x/net":    "net/http",
	"vendor/golang.org/x/crypto": "crypto",
	"vendor/golang.org/x/text":   "net/http",

	"runtime":          "Go runtime",
	"internal/runtime": "Go runtime",
	"internal/abi":     "Go runtime",
	"sync":             "Go runtime",
	"internal/sync":    "Go runtime",
	"net":              "net",
	"net/http":         "net/http",
	"crypto":           "crypto",
	"reflect":          "reflect",
	"fmt":              "fmt",
	"time":             "time",
	"os":               "os",
	"internal/poll":    "os",
	"syscall":          "os",
}

// Own is the library of a program's own packages.
const Own = "the program"

// LibraryOf names the library of a package of a program whose main package has the given
// import path. Other modules are libraries by the names that hosts give them.
func LibraryOf(pkg, program string) string {
	for path := pkg; path != "" && path != "."; path = parent(path) {
		if name, ok := libraries[path]; ok {
			return name
		}
	}
	elements := strings.Split(pkg, "/")
	switch {
	case pkg == "":
		return "made by the linker"
	case pkg == "main", elements[0] == strings.Split(program, "/")[0] && !strings.Contains(elements[0], "."), strings.HasPrefix(pkg+"/", program+"/"):
		return Own
	case strings.Contains(elements[0], "."):
		return strings.Join(elements[:min(3, len(elements))], "/")
	}
	return "other of the standard library"
}

func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)]
}
