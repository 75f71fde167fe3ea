package socket

import (
	"sync/atomic"

	"yolk/kernel/posix/file"
)

// Full has sockets answer what package net does not ask: the requests of ioctl(2) about
// interfaces, filters, many datagrams in one call, and the tables of /proc/net. An image that does not call it goes without
// their text. Call it before the first socket.
func Full() {
	interfaceRequest.Store(&requests)
	serveFurther()
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
