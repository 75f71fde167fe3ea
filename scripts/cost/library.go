package main

// A composition is a program, and the flags of yolk that say what its image has.
type composition struct {
	dir   string // below the module's root
	flags []string
	args  []string // the program's
	linux bool     // a process of Linux instead
}

// A library is what an image can have or not, measured as two compositions that differ by
// it alone.
type library struct {
	readme, what  string
	with, without composition
	timed         bool // its start is counted: the machine has one processor, and both print
}

const programs = "scripts/cost/testdata/"

var (
	prints   = composition{dir: programs + "prints"}
	reads    = composition{dir: programs + "reads"}
	forwards = composition{dir: programs + "forwards", flags: []string{"-net", "user"}}
	listens  = composition{dir: programs + "listens", flags: []string{"-net", "user"}}
)

// also is c with more flags.
func (c composition) also(flags ...string) composition {
	c.flags = append(flags, c.flags...)
	return c
}

// libraries are all there are, by the READMEs that say it.
var libraries = []library{
	{"kernel/README.md", "with `arch` and `plat/kvm`, beside the same program as a process of Linux", prints, composition{dir: prints.dir, linux: true}, true},
	{"kernel/posix/README.md", "files", reads, prints, true},
	{"kernel/posix/README.md", "sockets, with gVisor's stack", listens, reads, true},
	{"netdev/README.md", "with the driver of virtio cards", forwards, prints, true},
	{"drivers/README.md", "the virtio console (`-side`)", reads.also("-side", "/dev/null"), reads, true},
	{"drivers/README.md", "host folders (`-v`)", reads.also("-v", "scripts/cost/testdata:/data"), reads, true},
	{"drivers/usb/README.md", "with the Raspberry Pi's Ethernet chip and `netdev`", composition{dir: forwards.dir, flags: []string{"-plat", "rpi3"}}, prints.also("-plat", "rpi3"), false},
	{"plat/README.md", "the status page (`-status`), with `net/http`", listens.also("-status", ":9100"), listens, true},
}

// A program is one of the table of sizes, which is in the order of what it is made of.
type program struct {
	name string
	composition
	ready string                  // what it prints when it is up
	works func(port uint16) error // nil: that is all it does
	port  string                  // its own

	secure bool // it gets a certificate
}

var table = []program{
	{name: "helloworld", composition: composition{dir: "apps/helloworld"}, ready: "Hello"},
	{name: "l2fwd, a forwarder on `netdev`", composition: composition{dir: "apps/l2fwd", flags: []string{"-net", "user"}}, ready: "forwarding"},
	{name: "daytime, a server on sockets", composition: composition{dir: "apps/daytime", flags: []string{"-net", "user"}}, ready: "listening", works: tellsTime, port: "13"},
	{name: "httpd with TLS", composition: composition{dir: "apps/httpd", flags: []string{"-net", "user", "-tags", "tls"}, args: []string{"-cert", "/tls/cert.pem", "-key", "/tls/key.pem"}}, ready: "listening", works: servesPage, port: "8080", secure: true},
}
