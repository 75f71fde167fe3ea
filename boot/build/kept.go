package build

import (
	"debug/elf"
	"fmt"
	"strings"
)

// kept are the functions that the linker kept, by name: what the program might call.
type kept map[string]bool

// keptIn reads them from a linked program.
func keptIn(name string) (kept, error) {
	f, err := elf.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	functions := kept{}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			functions[strings.TrimSuffix(s.Name, ".abi0")] = true
		}
	}
	return functions, nil
}

// any reports whether one of the functions is there.
func (k kept) any(functions ...string) bool {
	for _, f := range functions {
		if k[f] {
			return true
		}
	}
	return false
}

// opensSockets reports whether the program does so by itself, without package net.
func (k kept) opensSockets() bool {
	return k.any("syscall.Socket", "syscall.socket", "golang.org/x/sys/unix.Socket", "golang.org/x/sys/unix.socket")
}

// trusting are functions that check a server's certificate by what the system trusts,
// which of a server of TLS itself are not there.
var trusting = []string{"crypto/x509.SystemCertPool", "net/http.(*Transport).roundTrip", "crypto/tls.dial", "crypto/tls.(*Dialer).DialContext"}

// notes say what of the program will fail on a machine, a line each.
func (k kept) notes(p *Package, o *Options) (notes []string) {
	if k.any("syscall.forkExec", "syscall.Exec", "golang.org/x/sys/unix.Exec") {
		who := "the program"
		if len(p.starters) > 0 {
			who = strings.Join(p.starters, ", ")
		}
		notes = append(notes, who+" may start processes, which fails with ENOSYS: a machine runs one program")
	}
	if k.any(trusting...) && o.lacks(WithCA, "/etc/ssl/certs") {
		notes = append(notes, "the program may check certificates, and the machine trusts nobody: -with ca")
	}
	if k.any("time.LoadLocation") && !k.any("time/tzdata.loadFromEmbeddedTZData") && o.lacks(WithZoneinfo, "/usr/share/zoneinfo") {
		notes = append(notes, "the program may ask for time zones, and the machine knows UTC only: -with zoneinfo")
	}
	return notes
}
