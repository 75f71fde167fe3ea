package main

import (
	"fmt"
	"time"

	"yolk/apps/wire"
)

// meter counts packets, prints the rate now and then, and knows when to end. It
// looks at the clock once in `stride` rounds: the clock costs more than a packet.
type meter struct {
	verb          string // "sent"
	packets       uint64
	bytes         uint64 // on the wire: with wire.Overhead
	limit         uint64 // packets; 0: none
	time          time.Duration
	interval      time.Duration
	now           func() time.Time
	print         func(string)
	rounds        int // until the next look at the clock
	started, last time.Time
	lastPackets   uint64 // when it last printed
	lastBytes     uint64
}

const stride = 256

func newMeter(o *options, verb string) *meter {
	return &meter{
		verb: verb, limit: o.count, time: o.time, interval: o.interval,
		now: time.Now, print: func(s string) { fmt.Println("pktgen:", s) },
	}
}

// start begins to measure time.
func (m *meter) start() {
	m.started = m.now()
	m.last, m.rounds = m.started, stride
}

// add counts packets of that many bytes altogether.
func (m *meter) add(packets, bytes int) {
	m.packets += uint64(packets)
	m.bytes += uint64(bytes + packets*wire.Overhead)
}

// left is how many more packets are asked for, n at most.
func (m *meter) left(n int) int {
	if m.limit == 0 || m.limit-m.packets > uint64(n) {
		return n
	}
	return int(m.limit - m.packets)
}

// more reports, once a round, whether to go on.
func (m *meter) more() bool {
	if m.limit != 0 && m.packets >= m.limit {
		return false
	}
	if m.rounds--; m.rounds > 0 {
		return true
	}
	m.rounds = stride
	return m.look()
}

// look looks at the clock, prints the rate if it is time, and reports whether to
// go on.
func (m *meter) look() bool {
	now := m.now()
	if d := now.Sub(m.last); d >= m.interval {
		m.print(speed(m.packets-m.lastPackets, m.bytes-m.lastBytes, d))
		m.last, m.lastPackets, m.lastBytes = now, m.packets, m.bytes
	}
	return m.time == 0 || now.Sub(m.started) < m.time
}

// total says what there was altogether; more may follow in words.
func (m *meter) total(d time.Duration, more string) {
	m.print(fmt.Sprintf("%s %d packets in %.3f s: %s%s", m.verb, m.packets, d.Seconds(), speed(m.packets, m.bytes, d), more))
}

// speed formats a rate: packets, and bits on the wire, a second.
func speed(packets, bytes uint64, d time.Duration) string {
	s := max(d, 1).Seconds()
	return fmt.Sprintf("%.0f packets/s, %.1f Mbit/s", float64(packets)/s, float64(bytes)*8/s/1e6)
}
