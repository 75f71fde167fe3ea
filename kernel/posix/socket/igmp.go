package socket

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strings"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// members counts the multicast groups sockets have joined, because the stack
// does not list them. The zero value is ready.
type members struct {
	mu    sync.Mutex
	count map[member]int
}

type member struct {
	nic   tcpip.NICID
	group tcpip.Address
}

func (m *members) add(k member, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count == nil {
		m.count = map[member]int{}
	}
	if m.count[k] += n; m.count[k] <= 0 {
		delete(m.count, k)
	}
}

// of lists an interface's groups of one family: the one all hosts are in, then
// those joined, in order.
func (m *members) of(nic tcpip.NICID, all tcpip.Address) []tcpip.Address {
	m.mu.Lock()
	defer m.mu.Unlock()
	var l []tcpip.Address
	for k := range m.count {
		if k.nic == nic && k.group.Len() == all.Len() && k.group != all {
			l = append(l, k.group)
		}
	}
	sort.Slice(l, func(i, j int) bool { return l[i].String() < l[j].String() })
	return append([]tcpip.Address{all}, l...)
}

var (
	allHosts  = tcpip.AddrFrom4([4]byte{224, 0, 0, 1})
	allNodes6 = tcpip.AddrFrom16([16]byte{0xff, 2, 15: 1})
)

// IGMP is the content of /proc/net/igmp, which package net reads for
// Interface.MulticastAddrs.
func (s *Stack) IGMP() string {
	var b strings.Builder
	b.WriteString("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n")
	for _, l := range s.Links() {
		groups := s.members.of(tcpip.NICID(l.Index), allHosts)
		fmt.Fprintf(&b, "%d\t%-10s: %5d      V3\n", l.Index, l.Name, len(groups))
		for _, g := range groups {
			ip := g.As4()
			fmt.Fprintf(&b, "\t\t\t\t%08X     1 0:00000000\t\t0\n", binary.NativeEndian.Uint32(ip[:]))
		}
	}
	return b.String()
}

// IGMP6 is the content of /proc/net/igmp6.
func (s *Stack) IGMP6() string {
	var b strings.Builder
	for _, l := range s.Links() {
		for _, g := range s.members.of(tcpip.NICID(l.Index), allNodes6) {
			fmt.Fprintf(&b, "%-4d %-15s %032x     1 0000000C 0\n", l.Index, l.Name, g.AsSlice())
		}
	}
	return b.String()
}
