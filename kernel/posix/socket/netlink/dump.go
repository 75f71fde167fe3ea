package netlink

import (
	"encoding/binary"
	"net/netip"
	"syscall"
)

// A Source knows the interfaces, addresses and routes to report. Its methods
// return a snapshot and may be called concurrently.
type Source interface {
	Links() []Link
	Addrs() []Addr
	Routes() []Route
}

// A Link is a network interface.
type Link struct {
	Index    int
	Name     string
	Type     uint16 // ARPHRD_ number
	Flags    uint32 // IFF_ bits
	MTU      uint32
	Hardware []byte // link address; all zero for lo
}

// An Addr is an address of an interface, with its prefix length.
type Addr struct {
	Index     int
	Name      string
	Prefix    netip.Prefix
	Tentative bool // it is not known yet that nobody else has it
}

// Flags are the IFA_F_ bits of a.
func (a *Addr) Flags() byte {
	if a.Tentative {
		return ifaPermanent | ifaTentative
	}
	return ifaPermanent
}

// A Route leads to Dst by an interface, through Gateway if that is valid.
type Route struct {
	Index   int
	Dst     netip.Prefix
	Gateway netip.Addr
}

// Routing constants (rtnetlink(7)).
const (
	scopeUniverse = 0
	scopeLink     = 253
	scopeHost     = 254

	ifaTentative = 0x40
	ifaPermanent = 0x80
	tableMain    = 254
	protoKernel  = 2
	protoStatic  = 4
	operDown     = 2
	operUp       = 6
)

// A builder collects messages of one reply into datagrams that fit the
// reader's buffer: package syscall reads with one page.
type builder struct {
	out      [][]byte
	cur      []byte
	seq, pid uint32
	multi    bool // part of a dump
}

const maxDatagram = 3500

// begin starts a message and returns where it starts; end completes it.
func (b *builder) begin(typ uint16) int {
	if len(b.cur) > maxDatagram {
		b.flush()
	}
	at := len(b.cur)
	var flags uint16
	if b.multi {
		flags = syscall.NLM_F_MULTI
	}
	b.cur = append(b.cur, 0, 0, 0, 0)
	b.cur = binary.NativeEndian.AppendUint16(b.cur, typ)
	b.cur = binary.NativeEndian.AppendUint16(b.cur, flags)
	b.u32(b.seq)
	b.u32(b.pid)
	return at
}

func (b *builder) end(at int) {
	binary.NativeEndian.PutUint32(b.cur[at:], uint32(len(b.cur)-at))
	b.pad()
}

func (b *builder) flush() {
	if len(b.cur) > 0 {
		b.out = append(b.out, b.cur)
		b.cur = nil
	}
}

// The three below are kept out of line: inlined, they were 10 KB of an image.

//go:noinline
func (b *builder) u32(v uint32) { b.cur = binary.NativeEndian.AppendUint32(b.cur, v) }

//go:noinline
func (b *builder) bytes(v ...byte) { b.cur = append(b.cur, v...) }

func (b *builder) pad() {
	for len(b.cur)%4 != 0 {
		b.cur = append(b.cur, 0)
	}
}

// attr appends a route attribute: {len, type uint16} and the value, padded.
//
//go:noinline
func (b *builder) attr(typ uint16, v []byte) {
	b.cur = binary.NativeEndian.AppendUint16(b.cur, uint16(4+len(v)))
	b.cur = binary.NativeEndian.AppendUint16(b.cur, typ)
	b.bytes(v...)
	b.pad()
}

func (b *builder) attr32(typ uint16, v uint32) {
	var d [4]byte
	binary.NativeEndian.PutUint32(d[:], v)
	b.attr(typ, d[:])
}

// link appends an RTM_NEWLINK: ifinfomsg {family, pad, type:2, index, flags,
// change} and attributes.
func (b *builder) link(l *Link) {
	at := b.begin(syscall.RTM_NEWLINK)
	b.bytes(syscall.AF_UNSPEC, 0)
	b.cur = binary.NativeEndian.AppendUint16(b.cur, l.Type)
	b.u32(uint32(l.Index))
	b.u32(l.Flags)
	b.u32(0)
	b.attr(syscall.IFLA_IFNAME, append([]byte(l.Name), 0))
	b.attr32(syscall.IFLA_MTU, l.MTU)
	b.attr32(syscall.IFLA_TXQLEN, 1000)
	state := byte(operUp)
	if l.Flags&syscall.IFF_RUNNING == 0 {
		state = operDown
	}
	b.attr(syscall.IFLA_OPERSTATE, []byte{state})
	if len(l.Hardware) > 0 {
		b.attr(syscall.IFLA_ADDRESS, l.Hardware)
	}
	b.end(at)
}

func family(a netip.Addr) byte {
	if a.Is4() {
		return syscall.AF_INET
	}
	return syscall.AF_INET6
}

func scope(a netip.Addr) byte {
	switch {
	case a.IsLoopback():
		return scopeHost
	case a.IsLinkLocalUnicast():
		return scopeLink
	}
	return scopeUniverse
}

// addr appends an RTM_NEWADDR: ifaddrmsg {family, prefixlen, flags, scope,
// index} and attributes.
func (b *builder) addr(a *Addr) {
	ip := a.Prefix.Addr()
	at := b.begin(syscall.RTM_NEWADDR)
	b.bytes(family(ip), byte(a.Prefix.Bits()), a.Flags(), scope(ip))
	b.u32(uint32(a.Index))
	b.attr(syscall.IFA_ADDRESS, ip.AsSlice())
	if ip.Is4() {
		b.attr(syscall.IFA_LOCAL, ip.AsSlice())
		b.attr(syscall.IFA_LABEL, append([]byte(a.Name), 0))
	}
	b.end(at)
}

// route appends an RTM_NEWROUTE: rtmsg {family, dst_len, src_len, tos, table,
// protocol, scope, type, flags} and attributes.
func (b *builder) route(r *Route) {
	at := b.begin(syscall.RTM_NEWROUTE)
	proto, sc := byte(protoKernel), byte(scopeLink)
	if r.Gateway.IsValid() {
		proto, sc = protoStatic, scopeUniverse
	}
	b.bytes(family(r.Dst.Addr()), byte(r.Dst.Bits()), 0, 0, tableMain, proto, sc, syscall.RTN_UNICAST)
	b.u32(0)
	b.attr32(syscall.RTA_TABLE, tableMain)
	if r.Dst.Bits() > 0 {
		b.attr(syscall.RTA_DST, r.Dst.Addr().AsSlice())
	}
	if r.Gateway.IsValid() {
		b.attr(syscall.RTA_GATEWAY, r.Gateway.AsSlice())
	}
	b.attr32(syscall.RTA_OIF, uint32(r.Index))
	b.end(at)
}
