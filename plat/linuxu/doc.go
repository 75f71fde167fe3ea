// Package linuxu makes a program for yolk/netdev an ordinary Linux process, with
// interfaces of the host as its network devices: to develop it, step through it
// with a debugger and profile it without an emulator.
//
// The boot tool adds it to programs built with -plat linuxu, and with an import
// of it `go build`, `go test`, delve and perf do as well. What a machine gets
// from its hardware and its command line comes from the environment:
//
//	YOLK_NETDEV=tap:tap0,packet:eth0,loop   devices 0, 1 and 2
//	YOLK_OPTIONS="ip=10.0.0.2/24 gw=10.0.0.1 dns=10.0.0.1 hostname=egg"
//	                                        what netdev.Extra tells of device 0
//	YOLK_CAPTURE=packets.pcap               what all devices send and receive
//	YOLK_PROFILE=cpu.out,10s                a CPU profile of the first 10 seconds
//
// A bad value ends the program with status 2 and a message.
//
// It may import netdev and, in netif, golang.org/x/sys.
package linuxu
