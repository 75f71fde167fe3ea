package dhcp

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
)

// A message is a DHCP message, RFC 2131 2:
//
//	0    op, htype, hlen, hops
//	4    xid       8  secs, flags
//	12   ciaddr   16  yiaddr   20  siaddr   24  giaddr
//	28   chaddr [16]
//	44   sname [64]  108 file [128]
//	236  99 130 83 99, then options: code, length, value
type message struct {
	op       byte
	xid      uint32
	unicast  bool       // replies are not asked for by broadcast
	client   netip.Addr // ciaddr; 0.0.0.0 when not valid
	your     netip.Addr // yiaddr
	hardware string     // chaddr, hlen bytes
	options  []option
}

type option struct {
	code  byte
	value []byte
}

const (
	headerLen = 240
	// minMessage is BOOTP's length, below which some relays drop messages.
	minMessage = 300
	magic      = 99<<24 | 130<<16 | 83<<8 | 99
	ethernet   = 1      // htype
	broadcast  = 0x8000 // flags
)

// Values of op.
const (
	opRequest = 1
	opReply   = 2
)

// A kind is the value of the message type option, RFC 2132 9.6.
type kind byte

const (
	discover kind = 1
	offer    kind = 2
	request  kind = 3
	decline  kind = 4
	ack      kind = 5
	nak      kind = 6
)

// Option codes, RFC 2132, 3397 and 3442.
const (
	optPad          = 0
	optMask         = 1
	optRouter       = 3
	optDNS          = 6
	optHostname     = 12
	optDomain       = 15
	optMTU          = 26
	optRequested    = 50
	optLeaseTime    = 51
	optOverload     = 52
	optKind         = 53
	optServer       = 54
	optWanted       = 55
	optMaxSize      = 57
	optRenew        = 58
	optRebind       = 59
	optClientID     = 61
	optDomainSearch = 119
	optRoutes       = 121
	optEnd          = 255
)

var errMessage = errors.New("dhcp: malformed message")

func newMessage(k kind, hardware []byte) *message {
	m := &message{op: opRequest, xid: rand.Uint32(), hardware: string(hardware)}
	m.add(optKind, byte(k))
	return m
}

// add appends an option; a value that does not fit into one is left out. It is
// kept out of line for the image's size.
//
//go:noinline
func (m *message) add(code byte, value ...byte) {
	if len(value) <= 255 {
		m.options = append(m.options, option{code, value})
	}
}

// get returns an option's value, the parts of one that occurs several times
// joined (RFC 3396), or nil. It is kept out of line for the image's size.
//
//go:noinline
func (m *message) get(code byte) []byte {
	var v []byte
	for _, o := range m.options {
		if o.code == code {
			v = append(v, o.value...)
		}
	}
	return v
}

// kind is the message's type, 0 if it has none.
func (m *message) kind() kind {
	if v := m.get(optKind); len(v) == 1 {
		return kind(v[0])
	}
	return 0
}

// addr returns the first address in an option.
func (m *message) addr(code byte) (netip.Addr, bool) {
	if v := m.get(code); len(v) >= 4 {
		return netip.AddrFrom4([4]byte(v)), true
	}
	return netip.Addr{}, false
}

// bytes is the message as it is sent.
func (m *message) bytes() []byte {
	b := make([]byte, headerLen, minMessage)
	b[0], b[1], b[2] = m.op, ethernet, byte(copy(b[28:44], m.hardware))
	binary.BigEndian.PutUint32(b[4:], m.xid)
	if !m.unicast {
		binary.BigEndian.PutUint16(b[10:], broadcast)
	}
	if m.client.Is4() {
		copy(b[12:16], m.client.AsSlice())
	}
	binary.BigEndian.PutUint32(b[236:], magic)
	for _, o := range m.options {
		b = append(append(b, o.code, byte(len(o.value))), o.value...)
	}
	b = append(b, optEnd)
	return append(b, make([]byte, max(minMessage-len(b), 0))...)
}

// parse reads a message. Its options refer to b.
func parse(b []byte) (*message, error) {
	if len(b) < headerLen || b[1] != ethernet || b[2] > 16 || binary.BigEndian.Uint32(b[236:]) != magic {
		return nil, errMessage
	}
	m := &message{
		op:       b[0],
		xid:      binary.BigEndian.Uint32(b[4:]),
		unicast:  b[10]&(broadcast>>8) == 0,
		client:   netip.AddrFrom4([4]byte(b[12:])),
		your:     netip.AddrFrom4([4]byte(b[16:])),
		hardware: string(b[28 : 28+b[2]]),
	}
	if err := m.read(b[headerLen:]); err != nil {
		return nil, err
	}
	// The unused fields may hold more options (RFC 2132 9.3), file's first.
	var err error
	if v := m.get(optOverload); len(v) == 1 {
		if v[0]&1 != 0 {
			err = m.read(b[108:236])
		}
		if v[0]&2 != 0 {
			err = errors.Join(err, m.read(b[44:108]))
		}
	}
	return m, err
}

// read appends the options in b, up to its end or the end option.
func (m *message) read(b []byte) error {
	for len(b) > 0 && b[0] != optEnd {
		if b[0] == optPad {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return errMessage
		}
		end := 2 + int(b[1])
		m.options = append(m.options, option{b[0], b[2:end]})
		b = b[end:]
	}
	return nil
}

// domains reads a list of domain names (RFC 3397), which may end in a pointer
// to the rest of an earlier one (RFC 1035 4.1.4). It stops at what it cannot
// read.
func domains(b []byte) []string {
	var all []string
	for next := 0; next < len(b); {
		name, end := domain(b, next)
		if end == 0 {
			break
		}
		all, next = append(all, name), end
	}
	return all
}

// domain reads the name at offset i and returns the offset after it, or 0. A
// pointer must lead back, so that following them ends.
func domain(b []byte, i int) (name string, end int) {
	for start := i; i < len(b); {
		switch n := int(b[i]); {
		case n == 0:
			return name, max(end, i+1)
		case n < 64 && i+1+n <= len(b) && len(name)+n < 255:
			if name != "" {
				name += "."
			}
			name += string(b[i+1 : i+1+n])
			i += 1 + n
		case n >= 192 && i+2 <= len(b):
			to := (n&63)<<8 | int(b[i+1])
			if to >= start {
				return "", 0
			}
			end = max(end, i+2)
			i, start = to, to
		default:
			return "", 0
		}
	}
	return "", 0
}
