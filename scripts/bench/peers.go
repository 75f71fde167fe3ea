package main

// A peer is another system's figures on comparable work, quoted from an
// earlier session on another machine: QEMU 7.2, -accel tcg -cpu max, quiet
// hosts, medians. Only what is relative to that session's own floor (24 ms on
// microvm, 71 ms on q35) compares with this one's.
type peer struct {
	name       string
	first      float64 // ms from the emulator's start to first output
	afterFloor float64 // ms, less the floor of that session
	image      int64   // bytes
	memory     int     // smallest -m, MiB
}

var peers = []peer{
	{"TamaGo 1.26 hello, microvm", 58, 34, 1_822_895, 1280},
	{"Unikraft 0.17 hello, microvm", 132, 108, 242_440, 2},
	{"Linux 6.1 + Go init, microvm", 1909, 1885, 16_700_000, 80},
	{"TamaGo 1.26 httpd, microvm", 112, 88, 8_097_967, 1280},
	{"Unikraft 0.17 httpd in C, q35", 199, 128, 474_848, 6},
}
