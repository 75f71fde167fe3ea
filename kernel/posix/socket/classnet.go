package socket

import (
	"fmt"
	"net"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket/netlink"
)

// plantClassNet makes /sys/class/net (sysfs(5), Linux: Documentation/ABI/testing/sysfs-class-net),
// a folder for each interface, not a link to one.
func plantClassNet() {
	file.List("sys/class/net", &file.Listing{Names: interfaceNames, Open: func(name string) (func() []byte, *file.Listing) {
		if findLink(name) == nil {
			return nil, nil
		}
		return nil, &file.Listing{Names: classNames, Open: func(attribute string) (func() []byte, *file.Listing) {
			if attribute == "statistics" {
				return nil, statisticsOf(name)
			}
			return attributeOf(name, attribute), nil
		}}
	}}, func() {
		if v := serving.Load(); v != nil {
			if s, e := v.wait(); e == 0 {
				s.interfaces.wait()
			}
		}
	})
}

// links are the interfaces, none while there is no stack.
func links() []netlink.Link {
	if s := registered.Load(); s != nil {
		return s.Links()
	}
	return nil
}

func interfaceNames() (names []string) {
	for _, l := range links() {
		names = append(names, l.Name)
	}
	return names
}

func findLink(name string) *netlink.Link {
	for _, l := range links() {
		if l.Name == name {
			return &l
		}
	}
	return nil
}

// A classFile is an attribute of an interface. What Linux cannot tell of a virtual card, such
// as its speed, is not there.
type classFile struct {
	name string
	text func(l *netlink.Link) string
}

var classFiles = [...]classFile{
	{"addr_assign_type", func(*netlink.Link) string { return "0" }},
	{"addr_len", func(*netlink.Link) string { return "6" }},
	{"address", func(l *netlink.Link) string { return net.HardwareAddr(l.Hardware).String() }},
	{"broadcast", func(l *netlink.Link) string {
		if l.Index == int(loID) {
			return "00:00:00:00:00:00"
		}
		return "ff:ff:ff:ff:ff:ff"
	}},
	{"carrier", func(l *netlink.Link) string { return fmt.Sprint(l.Flags >> 16 & 1) }},
	{"dev_id", func(*netlink.Link) string { return "0x0" }},
	{"dormant", func(*netlink.Link) string { return "0" }},
	{"flags", func(l *netlink.Link) string { return fmt.Sprintf("%#x", l.Flags&^lowerUp&^runningFlag) }},
	{"ifalias", func(*netlink.Link) string { return "" }},
	{"ifindex", func(l *netlink.Link) string { return fmt.Sprint(l.Index) }},
	{"iflink", func(l *netlink.Link) string { return fmt.Sprint(l.Index) }},
	{"link_mode", func(*netlink.Link) string { return "0" }},
	{"mtu", func(l *netlink.Link) string { return fmt.Sprint(l.MTU) }},
	{"netdev_group", func(*netlink.Link) string { return "0" }},
	{"operstate", func(l *netlink.Link) string {
		switch {
		case l.Index == int(loID):
			return "unknown"
		case l.Flags&lowerUp == 0:
			return "down"
		}
		return "up"
	}},
	{"tx_queue_len", func(*netlink.Link) string { return "1000" }},
	{"type", func(l *netlink.Link) string { return fmt.Sprint(l.Type) }},
}

// runningFlag is IFF_RUNNING, which the file has not.
const runningFlag = 0x40

func classNames() (names []string) {
	for _, f := range classFiles {
		names = append(names, f.name)
	}
	return append(names, "statistics")
}

// attributeOf is the text of an interface's file, nil if there is none.
func attributeOf(name, attribute string) func() []byte {
	for _, f := range classFiles {
		if f.name != attribute {
			continue
		}
		return func() []byte {
			l := findLink(name)
			if l == nil {
				return nil // it has gone
			}
			return []byte(f.text(l) + "\n")
		}
	}
	return nil
}

// counters are the files of an interface's statistics; 0 where the stack does not count.
var counters = [...]struct {
	name string
	of   func(i *InterfaceStats) uint64
}{
	{"rx_bytes", func(i *InterfaceStats) uint64 { return i.RxBytes }},
	{"rx_packets", func(i *InterfaceStats) uint64 { return i.RxPackets }},
	{"rx_errors", func(i *InterfaceStats) uint64 { return i.RxErrors }},
	{"rx_dropped", func(i *InterfaceStats) uint64 { return i.Drop }},
	{"tx_bytes", func(i *InterfaceStats) uint64 { return i.TxBytes }},
	{"tx_packets", func(i *InterfaceStats) uint64 { return i.TxPackets }},
	{"tx_errors", func(i *InterfaceStats) uint64 { return i.TxErrors }},
	{"tx_dropped", func(*InterfaceStats) uint64 { return 0 }},
	{"multicast", func(*InterfaceStats) uint64 { return 0 }},
	{"collisions", func(*InterfaceStats) uint64 { return 0 }},
}

func statisticsOf(name string) *file.Listing {
	return &file.Listing{
		Names: func() (names []string) {
			for _, c := range counters {
				names = append(names, c.name)
			}
			return names
		},
		Open: func(counter string) (func() []byte, *file.Listing) {
			for _, c := range counters {
				if c.name == counter {
					return func() []byte { return counted(name, c.of) }, nil
				}
			}
			return nil, nil
		},
	}
}

func counted(name string, of func(*InterfaceStats) uint64) []byte {
	s := registered.Load()
	if s == nil {
		return nil
	}
	for _, i := range s.InterfaceStats() {
		if i.Name == name {
			return fmt.Appendln(nil, of(&i))
		}
	}
	return nil
}
