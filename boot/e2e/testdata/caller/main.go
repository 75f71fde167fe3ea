// Caller opens a socket by itself, asks it for lo, and would start a process, and asks where
// it lives: its image has sockets all the same, and yolk says what will fail.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"
)

func main() {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	request := [40]byte{'l', 'o'}
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCGIFADDR, uintptr(unsafe.Pointer(&request)))
	home, _ := os.UserHomeDir()
	fmt.Println(err, e, request[20:24], home, exec.Command("/app").Run())
}
