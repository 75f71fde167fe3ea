// Dns answers for the zone example., over UDP and TCP.
package main

import (
	"log"
	"net"

	"github.com/miekg/dns"
)

func main() {
	dns.HandleFunc("example.", func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		head := dns.RR_Header{Name: r.Question[0].Name, Rrtype: r.Question[0].Qtype, Class: dns.ClassINET, Ttl: 60}
		switch head.Rrtype {
		case dns.TypeA:
			m.Answer = append(m.Answer, &dns.A{Hdr: head, A: net.IPv4(192, 0, 2, 1)})
		case dns.TypeTXT:
			m.Answer = append(m.Answer, &dns.TXT{Hdr: head, Txt: []string{"asked over " + w.RemoteAddr().Network()}})
		default:
			m.Rcode = dns.RcodeNameError
		}
		w.WriteMsg(m)
	})
	go func() { log.Fatal((&dns.Server{Addr: ":53", Net: "tcp"}).ListenAndServe()) }()
	log.Fatal((&dns.Server{Addr: ":53", Net: "udp"}).ListenAndServe())
}
