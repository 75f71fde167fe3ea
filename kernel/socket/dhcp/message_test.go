package dhcp

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// What is sent is what another implementation reads, field by field.
func TestMessageBytes(t *testing.T) {
	c := Client{Hardware: mac, Hostname: "egg"}
	m := c.message(request)
	m.client, m.unicast = hostIP, true
	m.add(optServer, serverIP.AsSlice()...)
	m.add(optDomain, make([]byte, 256)...) // too long for an option
	b := m.bytes()
	r, err := dhcpv4.FromBytes(b)
	if err != nil || len(b) < minMessage {
		t.Fatal(len(b), err)
	}
	if r.OpCode != dhcpv4.OpcodeBootRequest || r.MessageType() != dhcpv4.MessageTypeRequest || r.IsBroadcast() ||
		r.ClientHWAddr.String() != mac.String() || r.ClientIPAddr.String() != hostIP.String() {
		t.Errorf("%v", r.Summary())
	}
	if r.ServerIdentifier().String() != serverIP.String() || r.HostName() != "egg" || r.DomainName() != "" {
		t.Errorf("%v", r.Summary())
	}
	if n, err := r.MaxMessageSize(); n != maxMessage || err != nil || len(r.ParameterRequestList()) != 10 {
		t.Errorf("size %d, %v; wants %v", n, err, r.ParameterRequestList())
	}
	if id := r.Options.Get(dhcpv4.OptionClientIdentifier); !bytes.Equal(id, append([]byte{1}, mac...)) {
		t.Errorf("client identifier %x", id)
	}
	first, err := dhcpv4.FromBytes(c.message(discover).bytes())
	if err != nil || !first.IsBroadcast() || first.TransactionID == r.TransactionID {
		t.Errorf("%v, %v", first, err)
	}
}

// raw is a message of fields that hold only options.
func raw(sname, file, options string) []byte {
	b := newMessage(0, mac).bytes()[:headerLen]
	copy(b[44:108], sname)
	copy(b[108:236], file)
	return append(b, options...)
}

func TestParse(t *testing.T) {
	long := strings.Repeat("x", 255)
	for _, c := range []struct {
		name string
		b    []byte
		code byte
		want string
	}{
		{"plain", raw("", "", "\x0f\x03a.b\xff"), optDomain, "a.b"},
		{"no end", raw("", "", "\x0f\x03a.b"), optDomain, "a.b"},
		{"padding", raw("", "", "\x00\x00\x0f\x01a\x00"), optDomain, "a"},
		{"after the end", raw("", "", "\xff\x0f\x01a"), optDomain, ""},
		{"longest", raw("", "", "\x0f\xff"+long+"\xff"), optDomain, long},
		{"in parts", raw("", "", "\x0f\xff"+long+"\x0c\x01h\x0f\x01y\xff"), optDomain, long + "y"},
		{"in file and sname", raw("\x0f\x01c\xff", "\x0f\x01b\xff", "\x0f\x01a\x34\x01\x03\xff"), optDomain, "abc"},
		{"in sname alone", raw("\x0f\x01c\xff", "\x0f\x01b\xff", "\x34\x01\x02\xff"), optDomain, "c"},
		{"fields as such", raw("\x0f\x01c\xff", "\x0f\x01b\xff", "\x0f\x01a\xff"), optDomain, "a"},
	} {
		m, err := parse(c.b)
		if err != nil || string(m.get(c.code)) != c.want {
			t.Errorf("%s: %q, %v", c.name, m.get(c.code), err)
		}
	}
	ok := raw("", "", "\xff")
	for name, b := range map[string][]byte{
		"empty": nil, "short": ok[:headerLen-1], "cut option": raw("", "", "\x0f"), "cut value": raw("", "", "\x0f\x03a."),
		"cut value in file": raw("", "\x0f\xf0", "\x34\x01\x01"), "no cookie": append(make([]byte, headerLen), 0xff),
	} {
		if _, err := parse(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDomains(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"\x01a\x01b\x00\x01c\x00": "a.b c",
		"\x03eng\x05apple\x03com\x00\x01m\xc0\x04": "eng.apple.com m.apple.com", // RFC 3397's example
		"\x01a\x00\x01b\xc0\x00\x01c\xc0\x03":      "a b.a c.b.a",
		"\x01a\xc0\x00":                            "", // a pointer to itself
		"\xc0\x02\x01a\x00":                        "", // forward
		"\x01a\x00\x05b":                           "a",
		"\x01a\x00\x40b\x00":                       "a",
		"\x01a\x00\xc0":                            "a",
	} {
		if got := strings.Join(domains([]byte(in)), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzParse: no crash, and agreement with the other implementation on what
// both can read.
func FuzzParse(f *testing.F) {
	f.Add(reply(discovery(f), dhcpv4.MessageTypeOffer, dhcpv4.WithDomainSearchList("a.b", "c.a.b")).ToBytes())
	f.Add(raw("\x0f\x01c\xff", "\x0f\x01b\xff", "\x34\x01\x03\xff"))
	f.Add(raw("", "", "\x77\x09\x01a\xc0\x00\x01b\xc0\x02\x00\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			return
		}
		domains(m.get(optDomainSearch))
		if again, err := parse(m.bytes()); m.get(optOverload) == nil && (err != nil || !slices.EqualFunc(again.options, m.options, same)) {
			t.Errorf("written and read again: %v, %v", again, err)
		}
		r, err := dhcpv4.FromBytes(b)
		if err != nil || m.get(optOverload) != nil {
			return
		}
		if your, _ := netip.AddrFromSlice(r.YourIPAddr.To4()); your != m.your || byte(r.OpCode) != m.op {
			t.Errorf("%v and %v", r, m)
		}
		for code, v := range r.Options {
			if !bytes.Equal(v, m.get(code)) {
				t.Errorf("option %d: %q and %q", code, v, m.get(code))
			}
		}
	})
}

func same(a, b option) bool { return a.code == b.code && bytes.Equal(a.value, b.value) }
