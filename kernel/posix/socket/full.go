package socket

import (
	"sync/atomic"
	"syscall"

	"yolk/kernel/posix/file"
)

// Full has sockets answer what package net does not ask: the requests of ioctl(2) about
// interfaces, filters, packet sockets, tunnels, many datagrams in one call, and the tables of
// /proc/net. An image that does not call it goes without their text. Call it before the
// first socket.
func Full() {
	interfaceRequest.Store(&requests)
	serveFurther()
	plantClassNet()
	tapLoop.Store(&newLoopTap)
	file.AddDevice("dev/net/tun", tunDevice, func() file.File { return new(tunnel) })
	file.SocketFamily[syscall.AF_PACKET] = func(_, typ, proto uintptr) (file.Socket, syscall.Errno) {
		v := serving.Load()
		if v == nil {
			return nil, syscall.EAFNOSUPPORT
		}
		s, e := v.wait()
		if e != 0 {
			return nil, e
		}
		s.interfaces.wait()
		return s.newPacket(typ, proto)
	}
	eachTable(func(name string, text func(*Stack) string) {
		file.Generate("proc/net/"+name, func() []byte {
			s := registered.Load()
			if s == nil {
				return nil
			}
			s.interfaces.wait()
			return []byte(text(s))
		})
	})
}

// interfaceRequest is nil before Full.
var interfaceRequest atomic.Pointer[ioctls]
