//go:build !linux

package qemu

// multiQueue knows tap interfaces of Linux only.
func multiQueue(string) bool { return false }
