// Package netcalls has sockets answer what package net does not ask. The boot tool adds it
// to images with sockets whose program may make system calls of its own.
package netcalls

import "yolk/kernel/posix/socket"

func init() { socket.Full() }
