//go:build yolk

package status

import (
	"strconv"

	"yolk/kernel/posix/netmem"
	"yolk/kernel/posix/socket"
	"yolk/netdev"
	"yolk/plat/metrics"
)

// networkMetrics are those of cards, of the stack, and of what it keeps in memory.
func networkMetrics() (all []metrics.Metric) {
	for _, m := range []struct {
		name, help string
		of         func(*netdev.Stats) uint64
	}{
		{"rx_packets", "Packets received.", func(s *netdev.Stats) uint64 { return s.RxPackets }},
		{"rx_bytes", "Bytes received.", func(s *netdev.Stats) uint64 { return s.RxBytes }},
		{"tx_packets", "Packets sent.", func(s *netdev.Stats) uint64 { return s.TxPackets }},
		{"tx_bytes", "Bytes sent.", func(s *netdev.Stats) uint64 { return s.TxBytes }},
		{"rx_errors", "Frames dropped, because their metadata made no sense.", func(s *netdev.Stats) uint64 { return s.RxErrors }},
		{"rx_no_buffer", "Times that a queue could not be refilled completely.", func(s *netdev.Stats) uint64 { return s.RxNoBuffer }},
		{"tx_errors", "Packets that the driver refused.", func(s *netdev.Stats) uint64 { return s.TxErrors }},
		{"tx_full", "Bursts cut short by a full queue.", func(s *netdev.Stats) uint64 { return s.TxFull }},
		{"kicks", "Doorbell writes.", func(s *netdev.Stats) uint64 { return s.Kicks }},
		{"device_errors", "Violations of the interface by the device.", func(s *netdev.Stats) uint64 { return s.DeviceErrors }},
		{"restarts", "Times that the device was reset.", func(s *netdev.Stats) uint64 { return s.Restarts }},
	} {
		all = append(all, metrics.Metric{Name: "yolk_netdev_" + m.name + "_total", Kind: metrics.Counter, Help: m.help, Read: func(put metrics.Put) {
			for i := range netdev.Count() {
				s := netdev.Get(i).Stats()
				put(metrics.Label("device", strconv.Itoa(i)), float64(m.of(&s)))
			}
		}})
	}
	for _, m := range []struct {
		name string
		kind metrics.Kind
		help string
		of   func(*socket.TransportStats) uint64
	}{
		{"tcp_connections", metrics.Gauge, "TCP connections.", func(s *socket.TransportStats) uint64 { return s.TCPEstablished }},
		{"tcp_opened_total", metrics.Counter, "TCP connections opened from here.", func(s *socket.TransportStats) uint64 { return s.TCPOpened }},
		{"tcp_accepted_total", metrics.Counter, "TCP connections accepted.", func(s *socket.TransportStats) uint64 { return s.TCPAccepted }},
		{"tcp_failed_total", metrics.Counter, "TCP connections that came to nothing.", func(s *socket.TransportStats) uint64 { return s.TCPFailed }},
		{"tcp_retransmits_total", metrics.Counter, "TCP segments sent again.", func(s *socket.TransportStats) uint64 { return s.TCPRetransmits }},
		{"tcp_resets_total", metrics.Counter, "TCP resets received.", func(s *socket.TransportStats) uint64 { return s.TCPResets }},
		{"udp_received_total", metrics.Counter, "UDP datagrams received.", func(s *socket.TransportStats) uint64 { return s.UDPReceived }},
		{"udp_sent_total", metrics.Counter, "UDP datagrams sent.", func(s *socket.TransportStats) uint64 { return s.UDPSent }},
		{"udp_dropped_total", metrics.Counter, "UDP datagrams for which a socket had no room.", func(s *socket.TransportStats) uint64 { return s.UDPDropped }},
	} {
		all = append(all, metrics.Metric{Name: "yolk_net_" + m.name, Kind: m.kind, Help: m.help, Read: func(put metrics.Put) {
			if stack := socket.Registered(); stack != nil {
				s := stack.TransportStats()
				put("", float64(m.of(&s)))
			}
		}})
	}
	return append(all,
		metrics.Metric{Name: "yolk_netmem_used_bytes", Kind: metrics.Gauge, Help: "Memory that the network has in use.",
			Read: metrics.One(func() int64 { return netmem.Snapshot().Used })},
		metrics.Metric{Name: "yolk_netmem_budget_bytes", Kind: metrics.Gauge, Help: "Memory that it may use.",
			Read: metrics.One(func() int64 { return netmem.Snapshot().Budget })},
		metrics.Metric{Name: "yolk_netmem_refused_total", Kind: metrics.Counter, Help: "Packets of new connections that came in vain, for want of it.",
			Read: metrics.One(func() uint64 { return netmem.Snapshot().Refused })},
		metrics.Metric{Name: "yolk_netmem_dropped_total", Kind: metrics.Counter, Help: "Packets dropped, for want of it.",
			Read: metrics.One(func() uint64 { return netmem.Snapshot().Dropped })},
	)
}
