package vnet

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"
)

// Of messages of the domain name system (RFC 1035, 4.1).
const (
	dnsHeader    = 12
	dnsQuestions = 4 // where their number is
	dnsTypeA     = 1
	dnsTypeAAAA  = 28
	dnsClassIN   = 1
	dnsTTL       = 5 // s: a machine may be started anew
	dnsPointer   = 0xc0
	resolveTime  = 5 * time.Second
	resolvConf   = "/etc/resolv.conf"
)

// question reads the only question of a request: the name in small letters, its type, and
// where it ends.
func question(b []byte) (name string, kind uint16, end int, ok bool) {
	if len(b) < dnsHeader || binary.BigEndian.Uint16(b[dnsQuestions:]) != 1 || b[2]&0x80 != 0 {
		return "", 0, 0, false
	}
	var labels []string
	for at := dnsHeader; at < len(b); {
		n := int(b[at])
		at++
		if n == 0 {
			if at+4 > len(b) || binary.BigEndian.Uint16(b[at+2:]) != dnsClassIN {
				return "", 0, 0, false
			}
			return strings.Join(labels, "."), binary.BigEndian.Uint16(b[at:]), at + 4, true
		}
		if n >= 64 || at+n > len(b) {
			return "", 0, 0, false
		}
		labels = append(labels, strings.ToLower(string(b[at:at+n])))
		at += n
	}
	return "", 0, 0, false
}

// resolve answers a request by the names of machines, and passes others on to the name
// server of this computer.
func resolve(request []byte, lookup func(name string) (netip.Addr, bool)) []byte {
	name, kind, end, ok := question(request)
	ip, known := netip.Addr{}, false
	if ok {
		ip, known = lookup(name)
	}
	if !known || kind != dnsTypeA && kind != dnsTypeAAAA {
		return ask(request)
	}
	answer := append([]byte(nil), request[:end]...)
	// It is an answer, with authority, of a server that recurses.
	answer[2], answer[3] = 0x84|request[2]&1, 0x80
	clear(answer[dnsQuestions+2 : dnsHeader])
	if kind == dnsTypeA {
		answer[dnsQuestions+3] = 1
		answer = append(answer, dnsPointer, dnsHeader, 0, dnsTypeA, 0, dnsClassIN, 0, 0, 0, dnsTTL, 0, 4)
		answer = append(answer, ip.AsSlice()...)
	}
	return answer
}

// ask passes a request on.
func ask(request []byte) []byte {
	server := nameServer()
	if server == "" {
		return nil
	}
	c, err := net.Dial("udp", net.JoinHostPort(server, "53"))
	if err != nil {
		return nil
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(resolveTime))
	if _, err := c.Write(request); err != nil {
		return nil
	}
	b := make([]byte, datagramLength)
	n, err := c.Read(b)
	if err != nil {
		return nil
	}
	return b[:n]
}

// nameServer is the first that this computer asks (resolv.conf(5)).
func nameServer() string {
	f, err := os.Open(resolvConf)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 2 && words[0] == "nameserver" {
			return words[1]
		}
	}
	return ""
}
