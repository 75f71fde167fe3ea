// Package socket serves Linux's socket calls from gVisor's TCP/IP stack, on
// the calling goroutine and without a trap.
//
// The way of a call: package net -> syscall (overlaid) -> kernel/posix/file.Handle ->
// Socket.SocketCall, Read or Write -> tcpip.Endpoint. The way of a packet: link
// endpoint -> stack -> endpoint -> Socket.NotifyEvent -> file.Pollable.Post ->
// the runtime's poller readies the goroutine.
//
// Files: stack.go makes the stack, nic.go its interfaces and routes, config.go
// their addresses (static, or by DHCP: package dhcp), bringup.go lets a program
// begin before they have any, family.go is what kernel/posix/file calls for socket(2),
// the rest is one file per group of calls.
//
// Sources: the Linux man-pages ip(7), ipv6(7), tcp(7), udp(7), raw(7),
// icmp(7), socket(7), netdevice(7) and section 2; RFC 1122 for defaults.
//
// Not served: MSG_ZEROCOPY, TCP fast open, urgent data, the error queue,
// source-specific multicast and filters of streams. They answer an error, as a
// Linux built without them. Blocking, with SO_RCVTIMEO and SO_SNDTIMEO, is
// kernel/posix/file's part.
//
// It may import kernel/posix/file, gVisor and the packages below it.
package socket
