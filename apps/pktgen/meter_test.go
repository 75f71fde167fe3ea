package main

import (
	"testing"
	"time"
)

// TestSpeed: a 60-byte frame takes 84 bytes of wire, so gigabit Ethernet carries
// 1488095 of them a second.
func TestSpeed(t *testing.T) {
	var m meter
	m.add(1488095, 1488095*60)
	if got, want := speed(m.packets, m.bytes, time.Second), "1488095 packets/s, 1000.0 Mbit/s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := speed(10, 10, 0), "10000000000 packets/s, 80000.0 Mbit/s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestMeter plays a clock that each look moves by a second.
func TestMeter(t *testing.T) {
	var printed []string
	clock := time.Unix(0, 0)
	m := newMeter(args(t, "-time", "10s", "-interval", "4s"), "sent")
	m.now = func() time.Time { clock = clock.Add(time.Second); return clock }
	m.print = func(s string) { printed = append(printed, s) }
	m.start()
	rounds := 0
	for m.more() {
		rounds++
		m.add(3, 180)
	}
	if want := 10*stride - 1; rounds != want {
		t.Errorf("%d rounds, want %d", rounds, want)
	}
	m.total(10*time.Second, "; fine")
	want := []string{"767 packets/s, 0.5 Mbit/s", "768 packets/s, 0.5 Mbit/s", "sent 7677 packets in 10.000 s: 768 packets/s, 0.5 Mbit/s; fine"}
	if len(printed) != 3 || printed[0] != want[0] || printed[1] != want[1] || printed[2] != want[2] {
		t.Errorf("%q", printed)
	}
}

// TestMeterCount: no packet more than asked for.
func TestMeterCount(t *testing.T) {
	m := newMeter(args(t, "-count", "70"), "sent")
	m.start()
	for m.more() {
		m.add(m.left(32), 0)
	}
	if m.packets != 70 || m.left(32) != 0 {
		t.Errorf("%d packets", m.packets)
	}
}
