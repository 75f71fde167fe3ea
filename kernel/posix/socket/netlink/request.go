package netlink

import (
	"encoding/binary"
	"strings"
	"syscall"
)

const headerLen = syscall.NLMSG_HDRLEN

// A request is one message from the program: nlmsghdr {len:4, type:2, flags:2,
// seq:4, pid:4} and a body.
type request struct {
	typ, flags uint16
	seq        uint32
	raw        []byte // header and body
}

func (r *request) body() []byte { return r.raw[headerLen:] }

// dump says whether the request asks for all objects (netlink(7)).
func (r *request) dump() bool { return r.flags&syscall.NLM_F_DUMP == syscall.NLM_F_DUMP }

// serve answers all requests in p, which a program sent in one datagram, with
// the datagrams it will receive.
func serve(src Source, pid uint32, p []byte) [][]byte {
	b := builder{pid: pid}
	for len(p) >= headerLen {
		n := int(binary.NativeEndian.Uint32(p))
		if n < headerLen || n > len(p) {
			break // Linux ignores the rest of a malformed datagram too
		}
		r := request{
			typ:   binary.NativeEndian.Uint16(p[4:]),
			flags: binary.NativeEndian.Uint16(p[6:]),
			seq:   binary.NativeEndian.Uint32(p[8:]),
			raw:   p[:n],
		}
		b.seq, b.multi = r.seq, r.dump()
		if r.flags&syscall.NLM_F_REQUEST != 0 && r.typ >= syscall.NLMSG_MIN_TYPE {
			b.answer(src, &r)
		}
		p = p[min((n+3)&^3, len(p)):]
	}
	b.flush()
	return b.out
}

// answer appends the reply to one request: its objects and NLMSG_DONE for a
// dump, or the error.
func (b *builder) answer(src Source, r *request) {
	e := syscall.EOPNOTSUPP
	switch {
	case r.typ == syscall.RTM_GETLINK:
		e = b.links(src, r)
	case r.typ == syscall.RTM_GETADDR && r.dump():
		e = b.addrs(src, r)
	case r.typ == syscall.RTM_GETROUTE && r.dump():
		e = b.routes(src, r)
	}
	switch {
	case e == 0 && r.dump():
		at := b.begin(syscall.NLMSG_DONE)
		b.u32(0)
		b.end(at)
	case e != 0 || r.flags&syscall.NLM_F_ACK != 0:
		b.error(r, e)
	}
}

// error appends an NLMSG_ERROR: the negative error, 0 for success, and the
// header of the request it is about.
func (b *builder) error(r *request, e syscall.Errno) {
	b.multi = false
	at := b.begin(syscall.NLMSG_ERROR)
	b.u32(uint32(-int32(e)))
	b.bytes(r.raw[:headerLen]...)
	b.end(at)
}

// links reports all links, or the one whose index or name is given.
func (b *builder) links(src Source, r *request) syscall.Errno {
	index, name := 0, ""
	if !r.dump() {
		if len(r.body()) < syscall.SizeofIfInfomsg {
			return syscall.EINVAL
		}
		index = int(int32(binary.NativeEndian.Uint32(r.body()[4:])))
		name = stringAttr(r.body()[syscall.SizeofIfInfomsg:], syscall.IFLA_IFNAME)
		if index == 0 && name == "" {
			return syscall.EINVAL
		}
	}
	found := r.dump()
	for _, l := range src.Links() {
		if r.dump() || l.Index == index || index == 0 && l.Name == name {
			b.link(&l)
			found = true
		}
	}
	if !found {
		return syscall.ENODEV
	}
	return 0
}

func (b *builder) addrs(src Source, r *request) syscall.Errno {
	for _, a := range src.Addrs() {
		if r.wants(family(a.Prefix.Addr())) {
			b.addr(&a)
		}
	}
	return 0
}

func (b *builder) routes(src Source, r *request) syscall.Errno {
	for _, t := range src.Routes() {
		if r.wants(family(t.Dst.Addr())) {
			b.route(&t)
		}
	}
	return 0
}

// wants says whether a dump includes a family: the first byte of its body
// names one, or AF_UNSPEC for all.
func (r *request) wants(family byte) bool {
	return len(r.body()) == 0 || r.body()[0] == syscall.AF_UNSPEC || r.body()[0] == family
}

// stringAttr finds a string attribute in p, "" if there is none.
func stringAttr(p []byte, typ uint16) string {
	for len(p) >= 4 {
		n := int(binary.NativeEndian.Uint16(p))
		if n < 4 || n > len(p) {
			break
		}
		if binary.NativeEndian.Uint16(p[2:]) == typ {
			s, _, _ := strings.Cut(string(p[4:n]), "\x00")
			return s
		}
		p = p[min((n+3)&^3, len(p)):]
	}
	return ""
}
