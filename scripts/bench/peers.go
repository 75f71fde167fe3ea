package main

// A peer is another system's figures on comparable work, quoted from an
// earlier session on another machine: QEMU 7.2, -accel tcg -cpu max, quiet
// hosts, medians. Only what is relative to that session's own floor (24 ms on
// microvm, 71 ms on q35) compares with this one's.
type peer struct {
	name       string
	first      float64 // ms from the emulator's start to first output
	last       float64 // ms of the slowest of several, 0 for a median
	afterFloor float64 // ms, less the floor of that session; 0 where there is none
	image      int64   // bytes
	memory     int     // smallest -m, MiB
}

var peers = []peer{
	{name: "TamaGo 1.26 hello, microvm", first: 58, afterFloor: 34, image: 1_822_895, memory: 1280},
	{name: "Unikraft 0.17 hello, microvm", first: 132, afterFloor: 108, image: 242_440, memory: 2},
	{name: "Linux 6.1 + Go init, microvm", first: 1909, afterFloor: 1885, image: 16_700_000, memory: 80},
	{name: "TamaGo 1.26 httpd, microvm", first: 112, afterFloor: 88, image: 8_097_967, memory: 1280},
	{name: "Unikraft 0.17 httpd in C, q35", first: 199, afterFloor: 128, image: 474_848, memory: 6},
	// A first version of Unikraft's platform on the board itself: the work in
	// progress that the thesis behind this project cites, of 2020.
	{name: "Unikraft, Raspberry Pi 3B+, the board", first: 88, last: 158},
}
